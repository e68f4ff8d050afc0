"""Which format a caller wants who names none: any `Accept` header, however odd, comes down to one of a few keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

#: What pictures are sent as where `Accept` decides, the first before the others where a caller wants them equally: AVIF
#: takes four times as long to encode as WebP. The last is what everybody reads, and what callers get who name none.
KEYS = ("webp", "avif", "jpeg")

#: RFC 9110, section 12.4.2: from 0 to 1 with at most three decimals.
_QUALITY = re.compile(r"(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.ASCII)
_ANYTHING = ("*/*", "image/*")


def preferred(accept: str, keys: Sequence[str] = KEYS) -> str:
    """Return the one of `keys` that an `Accept` header asks for; it never fails.

    Wildcards stand for the last key alone: whoever does not name a newer format may not be able to read it. What is not
    understood of the header counts as not written.
    """
    wanted = dict(_ranges(accept))
    last = keys[-1]
    wildcard = next((wanted[name] for name in reversed(_ANYTHING) if name in wanted), 0.0)
    best, most = last, 0.0
    for key in keys:
        quality = wanted.get(f"image/{key}", wildcard if key == last else 0.0)
        if quality > most:
            best, most = key, quality
    return best


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    """Yield the media ranges of the header with their qualities; the last word on a range counts."""
    for item in accept.split(","):
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        quality = next((value.removeprefix("q=") for value in parameters if value.startswith("q=")), "1")
        if name and _QUALITY.fullmatch(quality):
            yield name, float(quality)
