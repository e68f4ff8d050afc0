"""Refusals as they go over the wire: problem documents (RFC 9457) with every violation."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from catguard.enforcement.head import Head
from catguard.engine.codec import dumps
from catguard.engine.decision import CallRefused, Violation, denying_first, for_others, refusing
from catguard.engine.exchange import Exchange, exchange
from catguard.failures import report
from catguard.policies.phases import PROBLEM, PROBLEM_BYTES, title_of

Headers = Sequence[tuple[bytes, bytes]]
Send = Callable[[Any], Awaitable[None]]

log = logging.getLogger("catguard.inbound")

#: Marks a guard's own answer on edges inside the system (DESIGN.md section 3, "Refusals").
REFUSAL_HEADER = b"catguard-refusal"
#: A page of a refusal may show its own style and pictures, and nothing that the request brought along.
PAGE_POLICY = (
    b"default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_QUALITY = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")
#: Most violations that one document carries.
MAX_VIOLATIONS = 20


def status_of(violations: Sequence[Violation]) -> int:
    """Return the status that refuses for these violations: what is wrong with the head goes before the body."""
    statuses = [violation.status for violation in violations if violation.action == "deny"]
    for status in (403, 408, 413, 415, 400):
        if status in statuses:
            return status
    return statuses[0] if statuses else 500


def problem_document(
    status: int,
    violations: Sequence[Violation],
    *,
    public: bool,
    trace_id: str | None = None,
    detail: str | None = None,
) -> bytes:
    """Return the JSON text of a refusal, with as many violations as the caller's guard will read.

    `public` leaves out what is the system's own. The detail tells what refused; what let the exchange through stands
    behind it, marked by its action, and what is audited is for telemetry alone.
    """
    violations = denying_first([found for found in violations if found.action != "audit"])
    shown = violations[:MAX_VIOLATIONS]
    while True:
        document: dict[str, Any] = {
            "type": "about:blank",
            "title": title_of(status),
            "status": status,
            "detail": detail or _detail(status, refusing(shown)),
        }
        if shown:
            document["violations"] = [found.wire(public=public, trace_id=trace_id) for found in shown]
        if len(violations) > len(shown):
            document["detail"] += f" (shown {len(shown)} of {len(violations)})"
        elif len(shown) == MAX_VIOLATIONS:
            document["detail"] += f" (no more than {MAX_VIOLATIONS} are told)"
        body = dumps(document)
        if len(body) <= PROBLEM_BYTES or not shown:
            return body
        shown = shown[: len(shown) // 2]


def _detail(status: int, violations: Sequence[Violation]) -> str:
    """Say what is wrong, and whose: what the service made itself is no fault of its caller."""
    told = "; ".join(f"{found.where}: {found.message}" for found in violations)
    if status >= 500 and violations:
        own = status == 500 and ".inbound." in violations[0].boundary
        what = "a call that the service makes"
        if violations[0].phase == "response":
            what = "the service's own answer" if own else f"the answer to {what}"
        told = f"{what} is refused: {told}"
    return told[:2000]


def refusal_headers(media: bytes, body: bytes, *, own: bool) -> Headers:
    """Return the headers of a refusal; errors are never cached, `own` marks a guard's answer inside the system."""
    headers = [
        (b"content-type", media),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"content-security-policy", PAGE_POLICY),
    ]
    return [*headers, (REFUSAL_HEADER, b"1")] if own else headers


@dataclass(frozen=True, slots=True)
class RefusalPage:
    """What a page for people says of a refusal: what the problem document says, but for what was let through.

    `path` has the query as it was sent, so that a page can say what was asked for: it is not to be trusted.
    """

    status: int
    title: str
    violations: tuple[Violation, ...]
    path: str


Render = Callable[[RefusalPage], str]


def target(scope: Mapping[str, Any]) -> str:
    """Return path and query of a request as it was sent."""
    query = scope.get("query_string", b"").decode("latin-1")
    return f"{scope['path']}?{query}" if query else str(scope["path"])


def prefers_html(accept: str) -> bool:
    """Whether an Accept header ranks text/html above JSON.

    A page is for those who ask for it: what a wildcard lets in is JSON, and HTML that is named goes before what a
    wildcard lets in as readily (RFC 9110, section 12.5.1).
    """
    ranks: dict[str, float] = {}
    for item in accept.lower().split(","):
        name, *parameters = (piece.strip() for piece in item.split(";"))
        quality = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
        ranks[name] = float(quality) if _QUALITY.fullmatch(quality) else 0.0
    html = ranks.get("text/html", 0.0)
    named = [ranks[name] for name in (PROBLEM, "application/json") if name in ranks]
    if named:
        return html > max(named)
    return html > 0 and html >= ranks.get("application/*", ranks.get("*/*", 0.0))


async def send_refusal(
    send: Send,
    page: RefusalPage,
    head: Head,
    render: Render | None,
    *,
    public: bool,
    trace_id: str | None = None,
    detail: str | None = None,
    extra: Headers = (),
) -> None:
    """Send a refusal: the page for people where the caller prefers one, else the problem document."""
    body = _rendered(page, render) if render is not None and prefers_html(head.text(b"accept") or "") else None
    media = b"text/html; charset=utf-8"
    if body is None:
        body = problem_document(page.status, page.violations, public=public, trace_id=trace_id, detail=detail)
        media = PROBLEM.encode()
    headers = [*refusal_headers(media, body, own=not public), *extra]
    await send({"type": "http.response.start", "status": page.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _rendered(page: RefusalPage, render: Render) -> bytes | None:
    """Return the page of a refusal; None where it cannot be made: the problem document says the same."""
    try:
        return render(replace(page, violations=refusing(page.violations))).encode()
    except Exception as error:  # noqa: BLE001 # the page is a plugin's, and the refusal is to be told in any case
        report(log, error, "the page of a refusal (%d) could not be made", page.status)
        return None


class Refused:
    """An answer that tells a refused call to one's own caller; any ASGI framework takes it as a response."""

    def __init__(self, refused: CallRefused, *, status: int, found: Exchange, detail: str | None) -> None:
        self.status_code = status
        self.body = problem_document(
            status, for_others(refused.violations), public=found.public, trace_id=found.trace_id, detail=detail
        )
        self.headers = refusal_headers(PROBLEM.encode(), self.body, own=True)

    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:
        """Send the document."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})


def refusal(refused: CallRefused, *, status: int, request: Any, detail: str | None = None) -> Refused:
    """Return the response of a handler that answers CallRefused itself.

    Args:
        refused: What the guarded client raised.
        status: The status to answer, e.g. 422.
        request: The handler's request; only its `scope` is read.
        detail: What the caller is told in the terms of what it asked; else the messages of the violations.

    Raises:
        ConfigurationError: When the request did not come through the guard.
    """
    return Refused(refused, status=status, found=exchange(request.scope), detail=detail)
