"""Finds the inbound boundary of a request by its path, read in one strict way, and its method."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from catguard.policies.compiler import CompiledBoundary
from catguard.policies.model import PARAMETER
from catguard.policies.quantities import format_quantity

_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_FORBIDDEN_ESCAPES = re.compile(rb"%(2f|5c|00)", re.IGNORECASE)
#: Most paths: segments of plain characters that begin with no dot. They are read as they stand.
_PLAIN = re.compile(rb"(?:/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)+/?|/")
#: Unicode's category Cc: beside those below the space DEL, and the C1 set with a line separator of its own (NEL).
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
#: Longest path that is looked at: no template of ours comes near it.
MAX_PATH = 4096
#: Segments of a path that nothing declares that are told.
MAX_SHOWN_SEGMENTS = 8


class BadTarget(ValueError):
    """Path or query cannot be read in one way only; the message says why, without repeating the value."""


class BadFraming(BadTarget):
    """Where a request ends can be read in more than one way, and so can where the next one begins."""


@dataclass(frozen=True, slots=True)
class Match:
    """What a path matched: the boundaries by method, and the texts that stood for the path's parameters."""

    methods: dict[str, CompiledBoundary]
    texts: tuple[str, ...] = ()

    def params(self, boundary: CompiledBoundary) -> list[tuple[str, str]]:
        """Return the parameters of the path by the names that a boundary gives them."""
        if not self.texts:
            return []
        names = PARAMETER.findall(boundary.policy.path or "")
        return list(zip(names, self.texts, strict=True)) if names else []

    def allow(self) -> str:
        """Return the value of an Allow header."""
        allowed = set(self.methods) | {"OPTIONS"} | ({"HEAD"} if "GET" in self.methods else set())
        return ", ".join(sorted(allowed))


def read_path(raw: bytes) -> str:
    """Return the decoded path; raises BadTarget for what proxies and servers read differently."""
    if len(raw) > MAX_PATH:
        raise BadTarget(f"the path must have at most {format_quantity(MAX_PATH)} bytes")
    if not raw.startswith(b"/"):
        raise BadTarget("the path does not begin with /")
    if _PLAIN.fullmatch(raw):
        return raw.decode("ascii")
    if _BAD_ESCAPE.search(raw) or _FORBIDDEN_ESCAPES.search(raw):
        raise BadTarget("the path has a broken escape, or an escaped slash, backslash or NUL")
    try:
        path = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        raise BadTarget("the path is no UTF-8") from None
    if "//" in path or "\\" in path or _CONTROL.search(path):
        raise BadTarget("the path has an empty segment, a backslash or a control character")
    if any(segment in (".", "..") for segment in path.split("/")):
        raise BadTarget("the path has a dot segment")
    return path


def below(path: str, root: str) -> str:
    """Return a path below the place that an app is mounted at (ASGI's `root_path`), as frameworks do: "" at it."""
    if not path.startswith(root) or path[len(root) : len(root) + 1] not in ("", "/"):
        return path
    return path[len(root) :]


def read_query(raw: bytes, *, limit: int) -> list[tuple[str, str]]:
    """Return the name-value pairs of a query string; raises BadTarget."""
    if len(raw) > limit:
        raise BadTarget(f"the query must have at most {format_quantity(limit)} bytes")
    if not raw:
        return []
    if _BAD_ESCAPE.search(raw):
        raise BadTarget("the query has a broken escape")
    pairs = []
    for piece in raw.split(b"&"):
        if piece:
            name, _, value = piece.partition(b"=")
            pairs.append((_decode(name), _decode(value)))
    return pairs


def _decode(raw: bytes) -> str:
    try:
        text = unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError:
        raise BadTarget("the query is no UTF-8") from None
    if "\x00" in text:
        raise BadTarget("the query has a NUL")
    return text


def path_words(paths: Iterable[str | None]) -> frozenset[str]:
    """Return the segments of declared paths that are written out: what a path may be told by."""
    return frozenset(segment for path in paths for segment in (path or "").split("/") if "{" not in segment)


def shown_path(path: str, words: frozenset[str]) -> str:
    """Return a path that nothing declares as telemetry may tell it: segments that no policy wrote become `*`."""
    segments = path.split("/", MAX_SHOWN_SEGMENTS + 1)
    shown = [segment if segment in words else "*" for segment in segments[: MAX_SHOWN_SEGMENTS + 1]]
    return "/".join(shown) + ("/*" if len(segments) > len(shown) else "")


def template_pattern(template: str) -> re.Pattern[str]:
    """Return the pattern of a path template; each parameter stands for one segment or a piece of one."""
    parts = PARAMETER.split(template)
    pattern = "".join(re.escape(part) if index % 2 == 0 else "([^/]+)" for index, part in enumerate(parts))
    return re.compile(rf"{pattern}\Z")


class RouteTable:
    """The routes of one component under one policy set."""

    __slots__ = ("_fixed", "_templates", "boundaries", "public", "reaches_out", "words", "written")

    def __init__(self, boundaries: Iterable[CompiledBoundary]) -> None:
        fixed: dict[str, dict[str, CompiledBoundary]] = {}
        #: Those that have a route.
        self.boundaries: list[CompiledBoundary] = []
        #: Whether anybody may call whatever there is: nobody inside the system is meant by a refusal then.
        self.public = True
        #: Whether anything that is guarded can be called from here, and so asks for the current span.
        self.reaches_out = False
        templates: dict[str, dict[str, CompiledBoundary]] = {}
        for boundary in boundaries:
            policy = boundary.policy
            if policy.kind != "http" or policy.side != "inbound" or not policy.path or not policy.method:
                self.reaches_out = True
                continue
            self.boundaries.append(boundary)
            self.public &= policy.public
            table = templates if "{" in policy.path else fixed
            # Methods of one path may call its parameters by different names.
            table.setdefault(PARAMETER.sub("{any}", policy.path), {})[policy.method] = boundary
        #: What telemetry may repeat of a path that is none of these.
        self.words = path_words(boundary.policy.path for boundary in self.boundaries)
        self._templates = [(template_pattern(template), methods) for template, methods in templates.items()]
        self._fixed = {path: self._with_templates(path, methods) for path, methods in fixed.items()}
        #: By the bytes of a path that is written out and plain: read already.
        self.written: dict[bytes | None, tuple[str, Match]] = {
            path.encode(): (path, match) for path, match in self._fixed.items() if _PLAIN.fullmatch(path.encode())
        }

    def match(self, path: str) -> Match | None:
        """Return what answers at a path: a path written out wins over a template of the same method."""
        return self._fixed.get(path) or self._by_template(path)

    def _by_template(self, path: str) -> Match | None:
        for pattern, methods in self._templates:
            if found := pattern.match(path):
                return Match(methods, found.groups())
        return None

    def _with_templates(self, path: str, methods: dict[str, CompiledBoundary]) -> Match:
        """Return the match of a path that is written out; what it does not answer, a template may."""
        other = self._by_template(path)
        return Match({**other.methods, **methods}, other.texts) if other else Match(methods)
