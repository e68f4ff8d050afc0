"""Loads policy files: text in, `PolicySet` out, or every fault at once."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path

from catguard.errors import PolicyError
from catguard.policies.actions import check_overrides
from catguard.policies.builder import Builder
from catguard.policies.clock import Clock, utc_now
from catguard.policies.collecting import uncollected
from catguard.policies.compiler import CompiledPolicySet, compile_boundaries
from catguard.policies.diagnostics import check_as_meant, unknown_keys
from catguard.policies.document import Document, overlay, read
from catguard.policies.document import Path as Place
from catguard.policies.edges import join_edges
from catguard.policies.files import read_regular
from catguard.policies.health import declare_health
from catguard.policies.includes import combine, include, included_texts
from catguard.policies.model import Action, Fault, Location, PolicySet
from catguard.policies.sources import NO_TEXTS, Content, Sources

#: What to do where there is no such file.
_ELSEWHERE = (
    "run the command in the folder of that file, or say where it is: --policies FILE; check and lint take just FILE"
)
#: Sections without which nothing else can be read.
_FOUNDATION = ("components", "owners", "shapes", "defaults")
#: What the rest can be read without, and how many steps of a path say which part of it.
_DETAILS: Mapping[str | int, int] = {"defaults": 3, "included": 5, "lint": 2}
#: What a component, a boundary and a phase can be read without.
_COMPONENT_DETAILS = ("health", "undeclared", "lint")
_BOUNDARY_DETAILS = ("about", "action", "actions", "examples", "lint")
_PHASE_DETAILS = ("max_bytes", "max_rows")


def load_compiled(
    paths: Path | Sequence[Path],
    *,
    actions: Sequence[tuple[str, Action]] = (),
    clock: Clock = utc_now,
) -> CompiledPolicySet:
    """Load and compile policy files in one go, so that faults of form, of shapes and of rules are told together.

    Args:
        paths: The files; later ones overlay earlier ones as JSON Merge Patches (RFC 7396), places name them as given.
        actions: Overrides (glob, action) by the operator; the last that matches counts.
        clock: Says when waivers end.

    Raises:
        PolicyError: With every fault, each with file:line:column.
        ConfigurationError: An override matches nothing.
    """
    return compile_sources(read_sources(paths), actions=actions, clock=clock)


def compile_sources(
    sources: Sources,
    *,
    actions: Sequence[tuple[str, Action]] = (),
    clock: Clock = utc_now,
) -> CompiledPolicySet:
    """Load and compile texts that were read before; raises what `load_compiled` raises."""
    return compile_texts(sources.texts, included=sources.included, actions=actions, clock=clock)


def load_sources(sources: Sources, *, actions: Sequence[tuple[str, Action]] = ()) -> PolicySet:
    """Load texts that were read before, without compiling them; raises PolicyError."""
    return finish(*build(sources.texts, included=sources.included, actions=actions))


def read_sources(paths: Path | Sequence[Path]) -> Sources:
    """Read policy files, and what the first of them includes; raises PolicyError for those that cannot be read."""
    texts = read_files(paths)
    return Sources(tuple(texts), included_texts(*texts[0]) if texts else {})


@uncollected()
def compile_texts(
    texts: Sequence[tuple[str, str]],
    *,
    included: Mapping[str, Content] = NO_TEXTS.included,
    actions: Sequence[tuple[str, Action]] = (),
    clock: Clock = utc_now,
) -> CompiledPolicySet:
    """Load and compile (name, text) pairs; `clock` says when waivers end. Raises what `load_compiled` raises."""
    policies, faults = build(texts, included=included, actions=actions, clock=clock)
    if policies is None or not policies.complete:
        raise _refused(faults)
    compiled, more = compile_boundaries(policies)
    finish(policies, [*faults, *more])
    check_overrides(actions, policies)
    return compiled


def read_files(paths: Path | Sequence[Path]) -> list[tuple[str, str]]:
    """Return the texts of policy files by name; raises PolicyError for those that cannot be read."""
    texts: list[tuple[str, str]] = []
    faults: list[Fault] = []
    for path in [paths] if isinstance(paths, Path) else paths:
        try:
            texts.append((str(path), read_regular(path)))
        except OSError as error:
            hint = _ELSEWHERE if isinstance(error, FileNotFoundError) else None
            faults.append(Fault(Location(str(path), 1, 1), f"cannot be read: {error.strerror or error}", hint))
        except UnicodeDecodeError as error:
            before = error.object[: error.start]
            line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
            message = f"is no text in UTF-8: the byte 0x{error.object[error.start]:02x}"
            faults.append(Fault(Location(str(path), line, column), message, "save it as UTF-8"))
    if faults:
        raise PolicyError(faults)
    return texts


def finish(policies: PolicySet | None, faults: Sequence[Fault]) -> PolicySet:
    """Return the policy set when there is no fault; raises PolicyError."""
    if faults or policies is None:
        raise _refused(faults)
    return policies


def _refused(faults: Sequence[Fault]) -> PolicyError:
    ordered: list[Fault] = sorted(set(faults), key=lambda fault: (fault.location, fault.message))
    return PolicyError(ordered)


def build(
    texts: Sequence[tuple[str, str]],
    *,
    included: Mapping[str, Content] = NO_TEXTS.included,
    actions: Sequence[tuple[str, Action]] = (),
    clock: Clock = utc_now,
) -> tuple[PolicySet | None, list[Fault]]:
    """Return what could be read of (name, text) pairs, and every fault.

    `included` has the texts of the files that the first of them includes, by their paths relative to its folder.

    Boundaries whose form is wrong are left out, so that the faults of the others are told in the same run.
    """
    faults: list[Fault] = []
    documents: list[Document] = []
    for name, text in texts:
        document, found = read(text, name)
        faults += found
        if document is not None:
            documents.append(document)
    if len(documents) < len(texts) or not documents:
        return None, faults
    document, form, complete = _one_of(documents, included, faults)
    faults += [fault for _, fault in form]
    data = document.data
    if (
        not complete
        or not all(isinstance(data.get(key, {}), dict) for key in _FOUNDATION)
        or not {"owners", "components"} <= set(data)
    ):
        return None, faults
    wrong = told = {path for path, _ in form if path is not None}
    if any(len(path) <= 3 and path[:1] == ("components",) for path in wrong) or ("shapes",) in wrong:
        return None, faults
    bad_shapes = {path[1] for path in wrong if path[:1] == ("shapes",)}
    if bad_shapes:
        # What stands in them is told already; rules that read them cannot be judged.
        shapes = {name: {} if name in bad_shapes else shape for name, shape in data["shapes"].items()}
        document = replace(document, data={**data, "shapes": shapes})
    if form:
        document = _without(document, unknown_keys(document))
    document, wrong = _without_details(document, wrong)
    document = declare_health(document, faults)
    policies = replace(
        Builder(document, faults, actions=actions, skip=wrong, told=told, clock=clock).build(), complete=not bad_shapes
    )
    skipped = {".".join(map(str, path[1:4])) for path in wrong if path[:1] == ("components",) and len(path) >= 4}
    return join_edges(policies, document, faults, skipped), faults


def _without(document: Document, unknown: Collection[Place]) -> Document:
    """Leave out what stands below keys that mean nothing."""
    data = copy.deepcopy(document.data)
    for path in unknown:
        inner = reduce(lambda node, key: node.get(key) if isinstance(node, dict) else None, path[:-1], data)
        if isinstance(inner, dict):
            inner.pop(path[-1], None)
            if not inner and path[-2:-1] == ("response",) and str(path[-1])[:1].isdigit():
                inner["200"] = {}  # there is a response, of a status that there is not
    return replace(document, data=data)


def _one_of(
    documents: Sequence[Document], included: Mapping[str, Content], faults: list[Fault]
) -> tuple[Document, list[tuple[Place | None, Fault]], bool]:
    """Return one document, held against the format: the policy with what it includes, and its overlays.

    Last comes whether all that is included could be read.
    """
    policy, *overlays = documents
    for patch in overlays:
        if "include" in patch.data:
            hint = "name the file in the policy itself, or give it as one more overlay"
            faults.append(Fault(patch.key(("include",)), "an overlay includes nothing", hint))
    found = include(policy, included.get)
    if len(found.documents) == 1:
        faults += found.faults
        return *check_as_meant(reduce(overlay, documents)), found.complete
    unreadable: list[tuple[Place | None, Fault]] = []
    for file, inner in found.documents.items():
        found.documents[file], form = check_as_meant(inner, "included")
        faults += [fault for _, fault in form]
        unreadable += [
            (("included", file, *path), fault) for path, fault in form if file and path and path[0] == "defaults"
        ]
    document = reduce(overlay, overlays, combine(found))
    faults += found.faults
    # A fault of one file is told once; what cannot be read because of it is said of the whole.
    document, form = check_as_meant(document, "combined")
    return document, form + unreadable, found.complete


def _without_details(document: Document, wrong: Collection[Place]) -> tuple[Document, set[Place]]:
    """Leave out details whose form is wrong, so that their boundary's other faults are told in the same run.

    Returns the document, and the paths of what is wrong and too important to be left out.
    """
    details = {path: cut for path in wrong if (cut := _detail(path)) is not None}
    if not details:
        return document, set(wrong)
    data = copy.deepcopy(document.data)
    for cut in set(details.values()):
        reduce(lambda node, key: node[key], cut[:-1], data).pop(cut[-1], None)
        if cut[0] == "components" and len(cut) > 4:
            # Their refusals may name what was left out.
            reduce(lambda node, key: node[key], cut[:4], data).pop("examples", None)
    return replace(document, data=data), set(wrong) - details.keys()


def _detail(path: Place) -> Place | None:
    """Return the path of the detail that a fault's path lies in, None where the rest could not be read without it."""
    if path and path[0] in _DETAILS:
        return path[: _DETAILS[path[0]]]
    if path[:1] != ("components",) or len(path) < 3:
        return None
    if path[2] in _COMPONENT_DETAILS:
        return path[:3]
    if len(path) < 5:
        return None
    if path[4] in _BOUNDARY_DETAILS:
        return path[:5]
    phase = {"request": 5, "response": 6}.get(str(path[4]))
    if phase is None or len(path) <= phase:
        return None
    if path[phase] in _PHASE_DETAILS:
        return path[: phase + 1]
    return path[: phase + 2] if path[phase] == "assume" and len(path) > phase + 1 else None
