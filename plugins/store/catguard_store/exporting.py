"""Exporting: the largest image of each picture, and a sidecar with which an import makes the same pictures of them."""

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from catguard_store.records import Picture
from catguard_store.repository import Repository

SIDECAR = "cats.json"


async def export(
    repository: Repository, pictures: Iterable[Picture], folder: Path, *, advance: Callable[[], object]
) -> int:
    """Write pictures into a folder.

    Args:
        repository: Where they are.
        pictures: Which ones.
        folder: Is made where it is not there, and must be empty.
        advance: Called for each picture that is written.

    Returns:
        How many were written: those that were removed meanwhile are left out.

    Raises:
        FileExistsError: The folder is not empty.
        OSError: Something cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty: give a new one")
    entries = []
    for picture in pictures:
        image = await repository.image(picture.id, picture.width)
        if image is not None:
            name = _name(picture)
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(image.bytes)
            entries.append(_entry(name, picture, hashlib.sha256(image.bytes).hexdigest()))
        advance()
    document = json.dumps({"pictures": entries}, indent=1, ensure_ascii=False)
    (folder / SIDECAR).write_text(f"{document}\n", encoding="utf-8")
    return len(entries)


def _name(picture: Picture) -> str:
    place = f"scenes/{picture.breed}" if picture.kind == "scene" else f"cats/{picture.breed}/{picture.pose}"
    return f"{place}/{picture.layer or picture.breed}-{picture.id}.webp"


def _entry(name: str, picture: Picture, digest: str) -> dict[str, Any]:
    fields = ("kind", "breed", "pose", "layer", "tags", "anchors", "licence", "author", "source", "digest")
    known = picture.as_json()
    said = {field: known[field] for field in fields if field in known}
    return {"file": name, **said, "bytes_digest": digest}
