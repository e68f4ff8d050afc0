"""Mutated archives and sidecars: each of their files is offered, passed over or refused, and nothing else is raised."""

from __future__ import annotations

import contextlib
import json
import zipfile
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from catguard_store.imports.labels import Defaults
from catguard_store.imports.report import Unusable
from catguard_store.imports.supply import Files

from .corpus import encoded, pack, photo
from .test_fuzz import edit_header, flip, repeat, splice, truncate

PICTURE = encoded(photo(64, 48), "PNG")
ENTRY = {"file": "tom/1.png", "anchors": {"nose": [0.5, 0.5]}, "tags": ["a"], "digest": "0" * 64, "source": "x"}
SIDECARS = {
    "cats.csv": b'file,breed,tags,anchors\ntom/1.png,Tom,"a; b",nose 0.5 0.5\ntom/2.png,,,\n',
    "cats.json": json.dumps({"pictures": [ENTRY, {"file": "tom/2.png", "licence": "MIT"}]}).encode(),
}
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
MUTATIONS = (truncate, flip, splice, edit_header, repeat)


def outcomes(place: Path, sidecar: Path | None = None) -> Counter[str]:
    """How often what became of the files of a place; anything but Unusable is raised."""
    counts: Counter[str] = Counter()
    try:
        files = Files(place, sidecar=sidecar, defaults=Defaults(licence="MIT"), restore=True)
    except Unusable:
        return Counter({"unusable": 1})
    with contextlib.closing(files):
        counts["refused"] += len(files.refused)
        for name in files.names:
            try:
                counts[type(files.offer(name)).__name__] += 1
            except Unusable:
                counts["refused"] += 1
    return counts


@pytest.mark.parametrize("method", METHODS)
def test_mutated_archives_are_offered_or_refused(tmp_path: Path, method: int) -> None:
    random, path = Random(method), tmp_path / "cats.zip"
    files = {"tom/1.png": PICTURE, "tom/2.png": PICTURE[:-40] + bytes(40), **dict(list(SIDECARS.items())[:1])}
    good = pack(path, files, method=method).read_bytes()
    counts: Counter[str] = Counter()
    for _ in range(150):
        path.write_bytes(random.choice(MUTATIONS)(good, random, [good]))
        counts += outcomes(path)
    assert min(counts["Offer"], counts["refused"], counts["unusable"]) > 5


@pytest.mark.parametrize("name", SIDECARS)
def test_mutated_sidecars_are_read_or_refused(tmp_path: Path, name: str) -> None:
    random, place = Random(name), pack(tmp_path / "cats.zip", {"tom/1.png": PICTURE, "tom/2.png": PICTURE + b"x"})
    counts: Counter[str] = Counter()
    for _ in range(200):
        (tmp_path / name).write_bytes(random.choice(MUTATIONS)(SIDECARS[name], random, list(SIDECARS.values())))
        counts += outcomes(place, tmp_path / name)
    assert min(counts["Offer"], counts["unusable"]) > 5
