"""Exports: what a sidecar says of pictures that a store had before, and what of it is believed.

A sidecar can say anything, and the id of a picture decides which other one is taken for a duplicate of it. So nothing
is believed unless whoever imports says that the export is to be trusted; and even then, only what an export says.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from catguard_store.admission import Candidate, Proposal
from catguard_store.drawings import Drawings
from catguard_store.imports.report import Unusable, shown
from catguard_store.imports.sidecar import Row
from catguard_store.inventory import DRAWN

IMPORTED: Final = "imported/"
PACKS: Final = ("robohash/set4/",)
"""What the sources of packs begin with."""

SOURCE_LENGTH: Final = 200
DIGEST: Final = re.compile(r"[0-9a-f]{64}")


def source(digest: str, name: str) -> str:
    """What stands in the database as where a file came from: no two contents share it."""
    return f"{IMPORTED}{digest[:16]}/{shown(name)}"[:SOURCE_LENGTH]


def identity(row: Row, bytes_digest: str, *, trusted: bool) -> tuple[str, str] | None:
    """Source and digest of the picture that a file was exported from, None where nothing says that it was.

    Args:
        row: What the sidecar says of the file.
        bytes_digest: SHA-256 of the file; a file that was changed is no longer what was exported.
        trusted: Whether exports are believed.

    Raises:
        Unusable: They are not, or no export would say this.
    """
    if not row.restores(bytes_digest):
        return None
    if not trusted:
        raise Unusable(
            f"{row.where} says which picture of another store it was: give --restore if the export is yours, or of "
            "somebody whom you trust; else leave out bytes_digest"
        )
    named, digest = row.fields["source"], row.fields["digest"]
    if not DIGEST.fullmatch(digest):
        raise Unusable(f"{row.where}: the digest {shown(digest)!r} is none: it has 64 hex digits")
    own = named.startswith(f"{IMPORTED}{digest[:16]}/") or named.startswith((DRAWN, *PACKS))
    if not own or shown(named) != named:
        raise Unusable(f"{row.where}: no export says of this picture that it came from {shown(named)!r}")
    return named, digest


def drawing(named: str, digest: str) -> Candidate | None:
    """The store's own drawing of a source, made anew instead of taken from a file; None where it is no drawing's.

    Raises:
        Unusable: The store draws no such picture, or another edition of it.
    """
    if not named.startswith(DRAWN):
        return None
    drawn = _drawn().get(named)
    if drawn is None or drawn.digest != digest:
        fault = "draws no such thing" if drawn is None else "draws it anew"
        raise Unusable(
            f"{named} is what the store draws itself, and it {fault}: `catguard up` puts all of its drawings there"
        )
    return Drawings().candidate(drawn)


@cache
def _drawn() -> Mapping[str, Proposal]:
    return {proposal.source: proposal for proposal in Drawings().proposals()}
