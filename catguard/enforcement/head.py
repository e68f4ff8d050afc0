"""The headers of a message as they came, found by name; what is decoded is what somebody asks for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

Pairs = Sequence[tuple[bytes, bytes]]

#: RFC 9110, sections 5.1 and 5.5: names are tokens, values have no control characters but the tab.
_OF_NAMES = b"!#$%&'*+.^_`|~0123456789abcdefghijklmnopqrstuvwxyz-"
_NOT_OF_VALUES = bytes(sorted({*range(0x20), 0x7F} - {0x09}))


class Head:
    """The headers of a request or response.

    Attributes:
        raw: The pairs in the order in which they came; names are in lower case, as ASGI has them.
        values: The values by lower-case name; a repeated header is joined as RFC 9110, section 5.3, says.
        names: The names, one after the other: what has to hold of all of them is asked at once.
        once: Whether each header came once, with a name in lower case; `values` is all that there is to know then.
    """

    __slots__ = ("names", "once", "raw", "values")

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        pairs: Pairs = raw if isinstance(raw, list) else list(raw)
        self.values = values = dict(pairs)
        self.names = names = b"".join(values)
        if len(values) == len(pairs) and names.islower():
            self.raw = pairs
            self.once = True
        else:
            self.raw = [(name.lower(), value) for name, value in pairs]
            self.values = _joined(self.raw)
            self.names = b"".join(self.values)
            self.once = False

    def text(self, name: bytes) -> str | None:
        """Return a header's value; `name` is in lower case."""
        value = self.values.get(name)
        return None if value is None else value.decode("latin-1")

    def sendable(self) -> bool:
        """Whether a server sends these headers as they are: servers raise on others, when it is too late to answer."""
        return _is_sendable(self.values)

    def trace(self) -> dict[str, str]:
        """Return the headers of W3C Trace Context that came."""
        names = (b"traceparent", b"tracestate")
        return {name.decode(): self.values[name].decode("latin-1") for name in names if name in self.values}

    def pairs(self, names: Collection[str]) -> list[tuple[str, str]]:
        """Return the headers of some names, each as often as it came."""
        found = ((name.decode("latin-1"), value) for name, value in self.raw)
        return [(name, value.decode("latin-1")) for name, value in found if name in names]


def sendable_once(raw: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes] | None:
    """Return headers by name, if a server sends them as they are and none comes twice; else None."""
    pairs: Pairs = raw if isinstance(raw, list) else list(raw)
    values = dict(pairs)
    return values if len(values) == len(pairs) and _is_sendable(values) else None


def _is_sendable(values: dict[bytes, bytes]) -> bool:
    texts = b"".join(values.values())
    return (
        b"" not in values
        and not b"".join(values).translate(None, _OF_NAMES)
        and texts.translate(None, _NOT_OF_VALUES) == texts
    )


def _joined(raw: Pairs) -> dict[bytes, bytes]:
    values: dict[bytes, bytes] = {}
    for name, value in raw:
        values[name] = values[name] + b", " + value if name in values else value
    return values


@lru_cache(maxsize=256)
def media_type(content_type: bytes | None) -> str | None:
    """Return the media type of a Content-Type header without its parameters."""
    return content_type.decode("latin-1").partition(";")[0].strip().lower() or None if content_type else None
