"""Admission: what a source of pictures offers, and how a picture is checked and made ready before it is stored."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from catguard_store.records import Image, Picture


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is known of a picture before anybody looks into it: enough to tell whether it is stored already.

    The fields are those of `Picture`; `digest` is the SHA-256 of what the picture is made from.
    """

    kind: str
    breed: str
    pose: str
    layer: str | None
    tags: tuple[str, ...]
    licence: str
    author: str | None
    source: str
    digest: str

    @property
    def id(self) -> str:
        return self.digest[:16]


@dataclass(frozen=True, slots=True)
class Developed:
    """A picture made ready: its images at the stored widths, its anchors, and whether nothing shows through it."""

    images: tuple[Image, ...]
    anchors: Mapping[str, tuple[float, float]]
    opaque: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A proposal with the size that it claims, and the way to develop it.

    Attributes:
        proposal: What is known of it.
        bytes: Length of the document: SVG text or file.
        width: Of the picture in pixels, as its header or its drawing says, before anything is decoded.
        height: Likewise.
        frames: 1 unless it is animated.
        develop: Decodes, scales and encodes. Must be picklable: it runs in a process of its own, only when admitted.
    """

    proposal: Proposal
    bytes: int
    width: int
    height: int
    frames: int
    develop: Callable[[], Developed]


class Source(Protocol):
    """Where pictures come from: drawn here, or read from a directory."""

    def proposals(self) -> Sequence[Proposal]:
        """Everything that it has; must be quick, it is asked at every start."""
        ...

    def candidate(self, proposal: Proposal) -> Candidate:
        """Look into one that is not stored yet."""
        ...


@dataclass(frozen=True, slots=True)
class Admitted:
    """A picture with its images, ready to be stored; `opaque` is said of layers of scenes, too."""

    picture: Picture
    images: tuple[Image, ...]
    opaque: bool = False


Admit = Callable[[Candidate], Awaitable[Admitted]]
Run = Callable[[Callable[[], Developed]], Awaitable[Developed]]


def admission(run: Run) -> Admit:
    """The function that admits candidates; the tier guards it as the call boundary `admit`.

    Args:
        run: Runs the developing somewhere off the event loop.
    """

    async def admit(candidate: Candidate) -> Admitted:
        developed = await run(candidate.develop)
        proposal, largest = candidate.proposal, developed.images[-1]
        picture = Picture(
            id=proposal.id,
            kind=proposal.kind,
            breed=proposal.breed,
            pose=proposal.pose,
            layer=proposal.layer,
            width=largest.width,
            height=largest.height,
            widths=tuple(image.width for image in developed.images),
            anchors=developed.anchors,
            tags=tuple(sorted(proposal.tags)),
            licence=proposal.licence,
            author=proposal.author,
            source=proposal.source,
            digest=proposal.digest,
            opaque=developed.opaque and proposal.kind == "cat",
        )
        return Admitted(picture, developed.images, opaque=developed.opaque)

    return admit


def admit_args(candidate: Candidate) -> dict[str, Any]:
    """What the policy of `admit` checks of a candidate, before it is decoded; what it does not have is absent."""
    proposal = candidate.proposal
    args = {
        "bytes": candidate.bytes,
        "width": candidate.width,
        "height": candidate.height,
        "frames": candidate.frames,
        "kind": proposal.kind,
        "breed": proposal.breed,
        "pose": proposal.pose,
        "layer": proposal.layer,
        "tags": list(proposal.tags),
        "licence": proposal.licence,
        "author": proposal.author,
        "source": proposal.source,
    }
    return {name: value for name, value in args.items() if value is not None}


def admit_result(admitted: Admitted) -> dict[str, Any]:
    """What the policy of `admit` checks of the answer."""
    picture = admitted.picture
    return {
        "id": picture.id,
        "digest": picture.digest,
        "width": picture.width,
        "height": picture.height,
        "widths": list(picture.widths),
        "anchors": {name: list(point) for name, point in picture.anchors.items()},
        "opaque": admitted.opaque,
        "bytes": sum(len(image.bytes) for image in admitted.images),
    }
