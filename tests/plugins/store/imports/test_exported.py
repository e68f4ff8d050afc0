"""What an import believes of a sidecar that says which pictures its files were."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from catguard_store.drawings import Drawings

from .conftest import Store
from .corpus import encoded, photo, write

DATA = encoded(photo(), "PNG")
DIGEST = "ab" * 32
SITTING = next(one for one in Drawings().proposals() if one.source == "drawn/cat/tabby/sitting")


def claiming(root: Path, *claims: dict[str, str], data: bytes = DATA) -> Path:
    """A folder of pictures whose sidecar says of each what it was."""
    files = {f"tom/{index}.png": data + bytes(index) for index in range(len(claims))}
    entries = [
        {"file": name, "bytes_digest": hashlib.sha256(content).hexdigest(), "licence": "MIT", **claim}
        for (name, content), claim in zip(files.items(), claims, strict=True)
    ]
    return write(root, {**files, "cats.json": json.dumps(entries).encode()})


def reasons(report: dict[str, Any]) -> list[str]:
    return [refusal["reason"] for refusal in report["refused"]]


def test_claims_are_refused_unless_they_are_trusted(store: Store, photos: Path) -> None:
    claiming(photos, {"digest": DIGEST, "source": f"imported/{DIGEST[:16]}/1.jpg"})
    assert "give --restore" in reasons(store.take(photos))[0]
    assert store.pictures() == {}
    assert store.take(photos, "--restore")["imported"][0]["id"] == DIGEST[:16]


@pytest.mark.parametrize(
    "claim",
    [
        {"digest": DIGEST, "source": "imported/0123456789abcdef/1.jpg"},
        {"digest": DIGEST, "source": f"imported/{DIGEST[:16]}/\x1b[2J\x1b]0;evil\x07"},
        {"digest": DIGEST, "source": "somewhere"},
        {"digest": "../" * 20, "source": "imported/../../../../../1.jpg"},
        {"digest": DIGEST, "source": "drawn/cat/siamese/newpose"},
        {"digest": DIGEST, "source": SITTING.source},
    ],
    ids=["source", "escape", "elsewhere", "digest", "no-drawing", "drawing"],
)
def test_claims_that_no_export_makes_are_refused(store: Store, photos: Path, claim: dict[str, str]) -> None:
    report = store.take(claiming(photos, claim), "--restore")
    assert len(reasons(report)) == 1
    assert "\x1b" not in reasons(report)[0]
    assert store.pictures() == {}


def test_claims_to_be_a_drawing_give_that_drawing(store: Store, photos: Path) -> None:
    claim = {"digest": SITTING.digest, "source": SITTING.source, "author": "Mallory", "breed": "fake"}
    store.take(claiming(photos, claim), "--restore")
    (stored,) = store.pictures().values()
    drawn = Drawings().candidate(SITTING).develop().images[-1]
    assert (stored.breed, stored.author, stored.digest) == ("tabby", SITTING.author, SITTING.digest)
    assert store.image(stored, stored.width).digest == drawn.digest


@pytest.mark.parametrize("rehearsed", [False, True])
def test_claims_of_one_source_twice_cost_the_second(store: Store, photos: Path, rehearsed: bool) -> None:
    source = "robohash/set4/body1"
    folder = claiming(photos, {"digest": DIGEST, "source": source}, {"digest": "cd" * 32, "source": source})
    report = store.take(folder, "--restore", *(["--dry-run"] if rehearsed else []))
    assert len(report["imported"]) == 1
    assert f"another edition of {source} is stored" in reasons(report)[0]
