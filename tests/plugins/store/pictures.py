"""Pictures for the tests of the store, and a source that has a few."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial

import PIL.Image

from catguard_store.admission import Candidate, Developed, Proposal
from catguard_store.records import Image, Picture
from catguard_store.renditions import encode


def image(width: int, content: bytes = b"pixels") -> Image:
    data = content + str(width).encode()
    return Image(width, width, "image/webp", data, hashlib.sha256(data).hexdigest())


def picture(
    name: str,
    *,
    kind: str = "cat",
    breed: str = "tabby",
    pose: str = "sitting",
    layer: str | None = None,
    tags: tuple[str, ...] = ("stripes",),
    source: str | None = None,
    author: str | None = None,
    widths: tuple[int, ...] = (160, 320),
) -> Picture:
    digest = hashlib.sha256(name.encode()).hexdigest()
    return Picture(
        id=digest[:16],
        kind=kind,
        breed=breed,
        pose=pose,
        layer=layer,
        width=widths[-1],
        height=widths[-1],
        widths=widths,
        anchors={"nose": (0.5, 0.25)},
        tags=tags,
        licence="MIT",
        author=author,
        source=source or f"test/{name}",
        digest=digest,
    )


def images(of: Picture) -> list[Image]:
    return [image(width, of.id.encode()) for width in of.widths]


def paint(shade: int) -> Developed:
    """What the small source's pictures are made of; runs in a process of its own."""
    return Developed(encode(PIL.Image.new("RGBA", (200, 100), (shade, shade, shade, 255)), "cat"), {"nose": (0.5, 0.5)})


class SmallSource:
    """A source of plain grey cats, or layers of one scene; `edition` changes what they are made from."""

    def __init__(self, count: int = 4, *, kind: str = "cat", edition: int = 1, licence: str = "MIT") -> None:
        self.kind = kind
        self.edition = edition
        self.count = count
        self.licence = licence
        self.looked_into: list[str] = []

    def proposals(self) -> Sequence[Proposal]:
        return [
            Proposal(
                kind=self.kind,
                breed="grey",
                pose="sitting",
                layer="ground" if self.kind == "scene" else None,
                tags=("grey", "plain"),
                licence=self.licence,
                author=None,
                source=f"test/grey/{index}",
                digest=hashlib.sha256(f"{self.edition}/{index}".encode()).hexdigest(),
            )
            for index in range(self.count)
        ]

    def candidate(self, proposal: Proposal) -> Candidate:
        self.looked_into.append(proposal.source)
        return Candidate(proposal, 1000, 200, 100, 1, partial(paint, int(proposal.source[-1]) * 20))
