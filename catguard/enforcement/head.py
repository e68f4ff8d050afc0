"""The headers of a message as they came, found by name; what is decoded is what somebody asks for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

Pairs = Sequence[tuple[bytes, bytes]]

#: RFC 9110, sections 5.1 and 5.5: names are tokens, values have no control characters but the tab.
_OF_NAMES = b"!#$%&'*+.^_`|~0123456789abcdefghijklmnopqrstuvwxyz-"
_NOT_OF_VALUES = {*range(0x20), 0x7F} - {0x09}
# Tables for `bytes.translate` that change what may not be there: asked so, it takes half of the time.
_IN_NAMES = bytes(code if code in _OF_NAMES else code ^ 0x80 for code in range(256))
_IN_VALUES = bytes(code ^ 0x80 if code in _NOT_OF_VALUES else code for code in range(256))

#: Text in which commas part nothing (RFC 9110, section 5.6.4).
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
#: Longest Content-Type that is kept with what it says: callers make them up.
_KEPT = 128
#: Names that say nothing of framing, routes or the guard's own business, in lower case: of most messages all names are
#: among these, and need not be looked at one by one.
ORDINARY = frozenset(
    b"""
    accept accept-charset accept-encoding accept-language accept-ranges access-control-allow-credentials
    access-control-allow-headers access-control-allow-methods access-control-allow-origin access-control-expose-headers
    access-control-max-age access-control-request-headers access-control-request-method age allow authorization baggage
    cache-control catguard-context connection content-disposition content-language content-length content-location
    content-range content-security-policy content-type cookie cross-origin-embedder-policy cross-origin-opener-policy
    cross-origin-resource-policy date dnt etag expires forwarded from host idempotency-key if-match if-modified-since
    if-none-match if-range if-unmodified-since keep-alive last-modified link location origin permissions-policy pragma
    prefer priority range referer referrer-policy retry-after sec-ch-ua sec-ch-ua-mobile sec-ch-ua-platform
    sec-fetch-dest sec-fetch-mode sec-fetch-site sec-fetch-user sec-gpc server server-timing set-cookie
    strict-transport-security te traceparent tracestate upgrade-insecure-requests user-agent vary via www-authenticate
    x-content-type-options x-correlation-id x-forwarded-for x-forwarded-host x-forwarded-port x-forwarded-proto
    x-frame-options x-real-ip x-request-id x-requested-with
    """.split()
)


class Head:
    """The headers of a request or response.

    Attributes:
        raw: The pairs in the order in which they came; names are in lower case, as ASGI has them.
        values: The values by lower-case name; a repeated header is joined as RFC 9110, section 5.3, says.
        ordinary: Whether each header came once, and all have ordinary names.
    """

    __slots__ = ("ordinary", "raw", "values")

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        pairs: Pairs = raw if isinstance(raw, list) else list(raw)
        self.values = values = dict(pairs)
        once = len(values) == len(pairs)
        self.ordinary = ordinary = once and ORDINARY.issuperset(values)
        if ordinary or (once and b"".join(values).islower()):
            self.raw = pairs
        else:
            self.raw = _in_lower_case(pairs)
            self.values = _joined(self.raw)

    def text(self, name: bytes) -> str | None:
        """Return a header's value; `name` is in lower case."""
        value = self.values.get(name)
        return None if value is None else value.decode("latin-1")

    def trace(self) -> dict[str, str]:
        """Return the headers of W3C Trace Context that came."""
        names = (b"traceparent", b"tracestate")
        return {name.decode(): self.values[name].decode("latin-1") for name in names if name in self.values}

    def pairs(self, names: Collection[str]) -> list[tuple[str, str]]:
        """Return the headers of some names, each as often as it came."""
        found = ((name.decode("latin-1"), value) for name, value in self.raw)
        return [(name, value.decode("latin-1")) for name, value in found if name in names]


def asks_for_websocket(method: str, head: Head) -> bool:
    """Whether a request is the handshake of a websocket (RFC 6455, section 4.2.1), which a server may not know of."""
    return method == "GET" and "websocket" in _tokens(head, b"upgrade") and "upgrade" in _tokens(head, b"connection")


def _tokens(head: Head, name: bytes) -> set[str]:
    return {token.strip().lower() for token in (head.text(name) or "").split(",")}


def is_sendable(values: dict[bytes, bytes]) -> bool:
    """Whether a server sends these headers as they are: servers raise on others, when it is too late to answer."""
    texts = b"".join(values.values())
    return (ORDINARY.issuperset(values) or _are_names(values)) and texts.translate(_IN_VALUES) == texts


def _are_names(values: dict[bytes, bytes]) -> bool:
    names = b"".join(values)
    return b"" not in values and names.translate(_IN_NAMES) == names


def _in_lower_case(pairs: Pairs) -> Pairs:
    return [(name.lower(), value) for name, value in pairs]


def _joined(raw: Pairs) -> dict[bytes, bytes]:
    values: dict[bytes, bytes] = {}
    for name, value in raw:
        values[name] = values[name] + b", " + value if name in values else value
    return values


def media_type(content_type: bytes | None) -> str | None:
    """Return the media type of a Content-Type header without its parameters.

    JSON is UTF-8 (RFC 8259, section 8.1) and read as that. Whoever goes by another charset would read another value
    than the one that was checked, so with such a charset it is a media type that nothing declares. So are several in a
    header that came twice: some readers take the first, some the last.
    """
    if not content_type:
        return None
    return _read_media_type(content_type) if len(content_type) <= _KEPT else _read_media_type.__wrapped__(content_type)


@lru_cache(maxsize=256)
def _read_media_type(content_type: bytes) -> str | None:
    text = content_type.decode("latin-1")
    media, *parameters = (part.strip().lower() for part in text.split(";"))
    if "," in _QUOTED.sub("", text):
        return f"{media}, ..."
    charsets = {value.strip(' "') for name, _, value in map(_parted, parameters) if name.strip() == "charset"}
    if charsets - {"utf-8", "utf8"} and media.endswith(("/json", "+json")):
        return f"{media}; charset={', '.join(sorted(charsets))}"
    return media or None


def _parted(parameter: str) -> tuple[str, str, str]:
    return parameter.partition("=")
