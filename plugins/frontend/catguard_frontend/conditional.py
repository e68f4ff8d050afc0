"""Conditional requests (RFC 9110, section 13): whether the caller has it, and the headers by which it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

#: A digest names its bytes for ever; a year is the longest that caches agree on (RFC 9111 has no such word as ever).
FOR_EVER = "public, max-age=31536000, immutable"
#: Seconds that a style may be out of date after an upgrade.
FOR_NOW = "public, max-age=300"
#: For what came of pictures that changed meanwhile: it is not what its address will give.
NOT_KEPT = "no-store"


def has(headers: Mapping[str, Any], tag: str) -> bool:
    """Tell whether the caller has it, by weak comparison; `*` is any of ours (RFC 9110 section 13.1.2).

    Args:
        headers: as checked; `if-none-match` is a list of its lines, each `*` or validators with commas between them.
        tag: what the entity tag has between its quotes, in hexadecimal digits.
    """
    lines = ",".join(headers.get("if-none-match", ()))
    tags = [found.strip().removeprefix("W/") for found in lines.split(",")]
    return tags == ["*"] or f'"{tag}"' in tags


def kept(tag: str, keep: str) -> dict[str, str]:
    """Return the headers of what is kept under `tag`; an answer of 304 has the same."""
    return {"etag": f'"{tag}"', "cache-control": keep, "x-content-type-options": "nosniff"}


def not_modified(headers: Mapping[str, str]) -> Response:
    """Return the answer to somebody who has it."""
    return Response(status_code=304, headers=headers)
