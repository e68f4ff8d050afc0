"""Labels: what a picture shows, from its sidecar, the folders that it lies in, and what the command says of all."""

import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from catguard_store.imports.folder import parts
from catguard_store.imports.report import Unusable, shown
from catguard_store.imports.sidecar import Anchors, Row

SCENES, CATS = "scenes", "cats"
LAYERS = ("back", "ground", "foreground")
POSE = "posing"
"""Of a cat where nobody says what it does."""

SCENE_POSE = "scene"
SLUG_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Defaults:
    """What is said of all pictures that nothing else is said of."""

    breed: str | None = None
    pose: str | None = None
    licence: str | None = None
    author: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Labels:
    """The fields of a `Picture` that say what it shows and whose it is; an empty licence the policy refuses."""

    kind: str
    breed: str
    pose: str
    layer: str | None
    tags: tuple[str, ...]
    licence: str
    author: str | None
    anchors: Anchors = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.breed}, {self.layer or self.pose}"


def labels(name: str, row: Row | None, defaults: Defaults) -> Labels:
    """Say what a picture shows; what its sidecar says comes first, then its folders, then the defaults.

    Args:
        name: Of the file, below the folder or archive.
        row: Of the sidecar, if it has one for this file.
        defaults: Of the command.

    Raises:
        Unusable: Nothing says the breed, or what is said cannot be a name.
    """
    if row is not None and row.fault:
        raise Unusable(f"{row.where}: {row.fault}")
    said = dict(row.fields) if row else {}
    folders = [folder for folder in parts(name) if folder]
    tags: tuple[str, ...] = defaults.tags
    found: dict[str, str] = {}
    if folders[:1] == [SCENES]:
        found = _scene(folders[1:], PurePosixPath(name))
    else:
        folders = folders[1:] if folders[:1] == [CATS] else folders
        found = dict(zip(("breed", "pose"), folders, strict=False))
        tags = (*tags, *folders[2:])
    kind = said.get("kind", found.get("kind", "cat"))
    if kind not in ("cat", "scene"):
        raise Unusable(f"the kind is {shown(kind)!r}: there are cat and scene")
    breed = said.get("breed") or found.get("breed") or (defaults.breed if kind == "cat" else None)
    if not breed:
        raise Unusable(
            "nothing says the breed: put the picture into a folder of that name, write it into the sidecar, or give "
            "--breed"
        )
    pose = said.get("pose") or (SCENE_POSE if kind == "scene" else found.get("pose") or defaults.pose or POSE)
    layer = said.get("layer") or (found.get("layer", LAYERS[0]) if kind == "scene" else None)
    if kind == "scene" and layer not in LAYERS:
        raise Unusable(f"a layer of a scene is named back, ground or foreground, not {shown(str(layer))!r}")
    stated = row.tags if row is not None and row.tags is not None else tags
    return Labels(
        kind=kind,
        breed=slug(breed, "breed"),
        pose=slug(pose, "pose"),
        layer=layer,
        tags=tuple(dict.fromkeys(slug(tag, "tag") for tag in stated)),
        licence=_line(said.get("licence") or defaults.licence or ""),
        author=_line(said.get("author") or defaults.author or "") or None,
        anchors={slug(anchor, "anchor"): point for anchor, point in ((row.anchors if row else None) or {}).items()},
    )


def slug(text: str, what: str) -> str:
    """A name as it stands in addresses and SQL: "Russian Blue" is russian-blue.

    Raises:
        Unusable: No name can be made of it.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    found = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SLUG_LENGTH].rstrip("-")
    if not found[:1].isalpha():
        raise Unusable(f"no {what} can be named {shown(text)!r}: a name begins with one of the letters a to z")
    return found


def _scene(folders: list[str], name: PurePosixPath) -> dict[str, str]:
    """`scenes/my-garden/back.png` is a layer of my-garden, `scenes/my-garden.jpg` all of it."""
    if not folders:
        return {"kind": "scene", "breed": name.stem, "layer": LAYERS[0]}
    return {"kind": "scene", "breed": folders[0], "layer": name.stem.lower()}


def _line(text: str) -> str:
    """A text of people on one line."""
    return shown(" ".join(text.split()))
