"""Labels: what a picture shows, from its sidecar, the folders that it lies in, and what the command says of all."""

from dataclasses import dataclass, field
from pathlib import PurePosixPath

from catguard_store.imports.folder import parts
from catguard_store.imports.names import renaming, slug
from catguard_store.imports.report import Renaming, Unusable, shown
from catguard_store.imports.sidecar import Anchors, Row
from catguard_store.records import LAYERS

SCENES, CATS = "scenes", "cats"
POSE = "posing"
"""Of a cat where nobody says what it does."""

SCENE_POSE = "scene"
_WHERE_SCENES_ARE = "scenes/NAME.jpg is the back of the scene NAME, scenes/NAME/foreground.png what is before its cats"


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
    """The fields of a `Picture` that say what it shows and whose it is; an empty licence the policy refuses.

    `renamed` are those of its names that are written in other letters.
    """

    kind: str
    breed: str
    pose: str
    layer: str | None
    tags: tuple[str, ...]
    licence: str
    author: str | None
    anchors: Anchors = field(default_factory=dict)
    renamed: tuple[Renaming, ...] = field(default=(), compare=False)

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
    what = "scene" if kind == "scene" else "breed"
    written = [(breed, what), (pose, "pose"), *((tag, "tag") for tag in stated)]
    try:
        named = [slug(text, sort) for text, sort in written]
    except Unusable as error:
        if kind == "scene" and not folders[1:] and "breed" not in said:
            raise Unusable(f"{error}; {_WHERE_SCENES_ARE}") from error
        raise
    renamed = (
        renaming(text, sort, name, folder=text in folders) for (text, sort), name in zip(written, named, strict=True)
    )
    return Labels(
        kind=kind,
        breed=named[0],
        pose=named[1],
        layer=layer,
        tags=tuple(dict.fromkeys(named[2:])),
        licence=_line(said.get("licence") or defaults.licence or ""),
        author=_line(said.get("author") or defaults.author or "") or None,
        anchors={slug(anchor, "anchor"): point for anchor, point in ((row.anchors if row else None) or {}).items()},
        renamed=tuple(one for one in renamed if one is not None),
    )


def _scene(folders: list[str], name: PurePosixPath) -> dict[str, str]:
    """`scenes/my-garden/back.png` is a layer of my-garden, `scenes/my-garden.jpg` all of it."""
    if not folders:
        return {"kind": "scene", "breed": name.stem, "layer": LAYERS[0]}
    return {"kind": "scene", "breed": folders[0], "layer": name.stem.lower()}


def _line(text: str) -> str:
    """A text of people on one line."""
    return shown(" ".join(text.split()))
