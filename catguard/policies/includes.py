"""One policy out of several files: which files it includes, and their parts put together, each with its own place."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, Final

from catguard.policies.diagnostics import policy_schema
from catguard.policies.document import Document, Path, read
from catguard.policies.files import read_regular
from catguard.policies.model import Fault
from catguard.policies.sources import Content, Unread

#: Returns what came of reading a file, by its path relative to the policy's folder.
Fetch = Callable[[str], Content]
#: The line with which a file's list of includes begins, as nearly everybody writes it.
_BEGINS: Final = re.compile(r"^include[ \t]*:", re.MULTILINE)
_NEXT_KEY: Final = re.compile(r"^[^\s#-]", re.MULTILINE)
#: What an included file may have; anything else is of the whole system.
_SECTIONS: Final = frozenset(("catguard", "system", "include", "owners", "defaults", "shapes", "components", "waivers"))
#: More files than these are nobody's policy.
MAX_FILES: Final = 1_000


@dataclass(slots=True)
class Included:
    """The files that a policy includes, those that others include among them.

    Attributes:
        documents: by path relative to the policy's folder; "" is the policy itself.
        faults: what is wrong with the lists of includes, and with the texts.
        complete: whether all of them could be read.
    """

    documents: dict[str, Document] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    complete: bool = True


def include(policy: Document, fetch: Fetch) -> Included:
    """Read all files that a policy includes; `fetch` gives their texts."""
    reader = _Reader(policy, fetch)
    reader.follow(policy, "", ("",))
    return reader.found


class _Reader:
    """Follows lists of includes; no function within a function, which would be a cycle and keep all documents."""

    def __init__(self, policy: Document, fetch: Fetch) -> None:
        self.policy = policy
        self.fetch = fetch
        self.found = Included({"": policy})
        self.folder = posixpath.dirname(policy.files[0])

    def follow(self, document: Document, own: str, chain: tuple[str, ...]) -> None:
        for path, name in _written(document):
            place = document.value(path)
            target = posixpath.normpath(posixpath.join(posixpath.dirname(own), name))
            shown = " -> ".join(
                posixpath.join(self.folder, step or posixpath.basename(self.policy.files[0])) for step in chain
            )
            if posixpath.isabs(name) or target.startswith("../") or target == "..":
                hint = "put it beside the policy, or below"
                self.found.faults.append(Fault(place, f"{name} leads out of the policy's folder", hint))
            elif target in chain or target == posixpath.basename(self.policy.files[0]):
                self.found.faults.append(
                    Fault(
                        place,
                        f"{name} includes itself: {shown} -> {posixpath.join(self.folder, target)}",
                        "leave one of them out",
                    )
                )
            elif target not in self.found.documents:
                text = self.fetch(target) if len(self.found.documents) < MAX_FILES else None
                if not isinstance(text, str):
                    why = text.why if text else "there is no such file"
                    if len(self.found.documents) >= MAX_FILES:
                        why = "there are too many files"
                    message = f"{posixpath.join(self.folder, target)} cannot be read: {why}"
                    self.found.faults.append(Fault(place, message, "paths are relative to the file that includes"))
                    self.found.complete = False
                    continue
                inner, faults = read(text, posixpath.join(self.folder, target))
                self.found.faults += faults
                self.found.complete &= inner is not None
                if inner is not None:
                    self.found.documents[target] = inner
                    self.follow(inner, target, (*chain, target))


def _written(document: Document) -> Iterator[tuple[Path, str]]:
    listed = document.data.get("include")
    if isinstance(listed, str):  # told as a wrong form, and read as it was meant
        listed = [listed]
    for index, name in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(name, str) and name.isprintable():  # places are told by it; what is not is told by the format
            yield ("include", index), name


def included_texts(name: str, text: str) -> dict[str, Content]:
    """Return the texts of the files that a policy on disk includes, by their paths relative to its folder.

    Of a file that cannot be read, or that a link leads out of the folder to, it says why.
    """
    folder = FilePath(name).parent
    found: dict[str, Content] = {}
    waiting = [("", text)]
    while waiting and len(found) < MAX_FILES:
        own, content = waiting.pop()
        for inner in _listed(content):
            target = posixpath.normpath(posixpath.join(posixpath.dirname(own), inner))
            if target in found or posixpath.isabs(target) or target.startswith(".."):
                continue
            read_text = found[target] = _read(folder, target)
            if isinstance(read_text, str):
                waiting.append((target, read_text))
    return found


def _read(folder: FilePath, target: str) -> Content:
    try:
        path = os.path.realpath(folder / target)
        if os.path.commonpath([path, os.path.realpath(folder)]) != os.path.realpath(folder):
            return Unread("it is a link that leads out of the policy's folder")
        return read_regular(FilePath(path))
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        return Unread("it is no text in UTF-8")
    except (OSError, ValueError) as error:
        return Unread(getattr(error, "strerror", None) or str(error))


def _listed(text: str) -> list[str]:
    """Return what a text includes, without reading the rest of it where the list is easily found."""
    if "include" not in text:
        return []
    begins = _BEGINS.search(text)
    if begins is None:
        document, _ = read(text, "")
    else:
        ends = _NEXT_KEY.search(text, begins.end())
        document, _ = read(text[begins.start() : ends.start() if ends else len(text)], "")
    return [name for _, name in _written(document)] if document is not None else []


def scoped(file: str, shape: str) -> str:
    """Return the name that a shape of a file has in the combined document; "" is the policy itself."""
    return f"{file}#/shapes/{shape}" if file else shape


def combine(found: Included) -> Document:
    """Return one document: each file's components, owners and waivers, and its shapes and defaults under its name.

    What two files both declare is a fault.
    """
    policy = found.documents[""]
    data: dict[str, Any] = dict(policy.data)
    values, keys = dict(policy.values), dict(policy.keys)
    files, scopes, surprises = list(policy.files), dict(policy.scopes), list(policy.surprises)
    for file, document in found.documents.items():
        if not file:
            continue
        files += document.files
        scopes[document.files[0]] = file
        moved: dict[Path, Path] = {}
        for section in ("components", "owners"):
            moved |= _declare(section, document, data, keys, found.faults)
        written = _mapping(document.data.get("shapes"))
        if written:
            data["shapes"] = {**_mapping(data.get("shapes")), **{scoped(file, name): written[name] for name in written}}
            moved |= {("shapes", name): ("shapes", scoped(file, name)) for name in written}
        if isinstance(document.data.get("waivers"), list):
            moved |= _add_waivers(document, data, found.faults)
        if "defaults" in document.data:
            own = {"defaults": document.data["defaults"]}
            data["included"] = {**_mapping(data.get("included")), file: own}
            moved[("defaults",)] = ("included", file, "defaults")
        for key in (document.data.keys() & policy_schema()["properties"].keys()) - _SECTIONS:
            hint = "write it in the policy that includes this file"
            found.faults.append(Fault(document.key((key,)), f"`{key}` belongs to the whole policy", hint))
        surprises += document.surprises
        if document.data.get("system", data.get("system")) != data.get("system"):
            place = document.value(("system",))
            message = "the file names another system than the policy that includes it"
            found.faults.append(Fault(place, message, "write the same, or leave it out"))
        for places, inner in ((values, document.values), (keys, document.keys)):
            for path, place in inner.items():
                for length in (2, 1):
                    if path[:length] in moved:
                        places[(*moved[path[:length]], *path[length:])] = place
                        break
    return Document(data, values, keys, tuple(files), scopes, tuple(surprises), policy.comments)


def _declare(
    section: str, document: Document, data: dict[str, Any], keys: Mapping[Path, Any], faults: list[Fault]
) -> dict[Path, Path]:
    """Add the entries of a section that is common to all files; returns which paths they have."""
    entries = _mapping(data.get(section))
    moved: dict[Path, Path] = {}
    if not isinstance(data.get(section, {}), dict):
        return moved  # told as a wrong form
    for name, entry in _mapping(document.data.get(section)).items():
        path: Path = (section, name)
        if name in entries and (section == "components" or entries[name] != entry):
            what = section.removesuffix("s")
            hint = "each file speaks of the components that it declares" if section == "components" else None
            first = keys.get(path)
            faults.append(Fault(document.key(path), f"the {what} {name} is declared at {first} already", hint))
        elif name not in entries:
            entries[name] = entry
            moved[path] = path
    data[section] = entries
    return moved


def _add_waivers(document: Document, data: dict[str, Any], faults: list[Fault]) -> dict[Path, Path]:
    waivers = list(data["waivers"]) if isinstance(data.get("waivers"), list) else []
    moved: dict[Path, Path] = {}
    for index, entry in enumerate(document.data["waivers"]):
        boundary = entry.get("boundary") if isinstance(entry, dict) else None
        component = str(boundary).partition(".")[0]
        if boundary is not None and component not in _mapping(document.data.get("components")):
            place = document.value(("waivers", index, "boundary"))
            hint = "write it in the file that declares the component"
            faults.append(Fault(place, f"the waiver is about {component}, which this file does not declare", hint))
        moved[("waivers", index)] = ("waivers", len(waivers))
        waivers.append(entry)
    data["waivers"] = waivers
    return moved


def _mapping(found: Any) -> dict[str, Any]:
    return dict(found) if isinstance(found, dict) else {}
