"""The pages as HTML: one look for the cats, the closer look, and what cannot be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from catguard import Exchange, RefusalPage, prefers_html
from catguard_frontend import ask
from catguard_frontend.addresses import link
from catguard_frontend.credits import credited
from catguard_frontend.menu import FORMATS
from catguard_frontend.words import Excuse, counted, located, reasons_of, spoken, wished

#: Every page is made of files of this tier alone: nothing inline, nothing from elsewhere. Its script asks here only.
HEADERS = {
    "content-security-policy": "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cache-control": "no-cache",
}
_HEADINGS: Mapping[int, str] = {
    400: "That is not something we can do",
    403: "This door is not for you",
    404: "There are no cats at this address",
    405: "These cats can only be looked at",
    408: "Your request did not arrive in time",
    413: "That is more than we can take in",
    422: "That is more than we can do",
    429: "That is too many cats at once",
    431: "That is more than we can read",
    503: "All paws are full just now",
    504: "This took too long",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A link among several; `current` is the one that is shown now."""

    label: str
    href: str
    current: bool = False


def html(text: str, *, status: int = 200, retry_after: int | None = None) -> Response:
    """Return a page as a response, with the headers that every page has; a page that says what failed is not kept.

    `retry_after` is in seconds.
    """
    headers = dict(HEADERS) if status < 400 else {**HEADERS, "cache-control": "no-store"}
    if retry_after is not None:
        headers["retry-after"] = str(retry_after)
    return HTMLResponse(text, status, headers)


def excused(text: str, excuse: Excuse) -> Response:
    """Return a page that says nothing but why there is no picture."""
    return html(text, status=excuse.status, retry_after=excuse.retry_after)


def redirect(address: str) -> Response:
    """Return the way to an address that leaves nothing open; the next one who comes is sent to another."""
    return Response(status_code=302, headers={**HEADERS, "cache-control": "no-store", "location": address})


class Pages:
    """Renders the templates that ship with this tier."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=PackageLoader("catguard_frontend"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {"spoken": spoken, "located": located, "counted": counted}
        self._templates.globals |= {
            "example": ask.EXAMPLE,
            "examples_from": ask.examples,
            "formats": FORMATS,
            "link": link,
        }

    def render(
        self, name: str, *, credits: Sequence[Mapping[str, Any]] = (), sentence: str = "", **content: Any
    ) -> str:
        """Return the template `name` filled with `content`.

        Args:
            name: of the file, without its suffix.
            credits: whom the page thanks for its pictures.
            sentence: what stands in the box that takes one.
            content: what else the template names.
        """
        template = self._templates.get_template(f"{name}.html")
        return template.render(credits=credited(credits), sentence=sentence, **content)

    def refusal(self, page: RefusalPage) -> str:
        """Return the page for a request that a guard refused: what was asked, what is allowed, and what to try."""
        address = urlsplit(page.path)
        asked = {name: _number(value) for name, value in parse_qsl(address.query)}
        heading = "Something broke on our side" if page.status >= 500 else page.title
        return self.render(
            "refusal",
            status=page.status,
            heading=_HEADINGS.get(page.status, heading),
            reasons=reasons_of(page.violations, asked) if page.violations else [],
            tries=(*_mended(page), *_tries(page.status, page.path)),
        )

    def instead(self, excuse: Excuse, request: Request) -> Response:
        """Return the same page for what this tier itself cannot do."""
        url = request.url
        tries = _tries(excuse.status, f"{url.path}?{url.query}" if url.query else url.path)
        text = self.render("refusal", status=excuse.status, heading=excuse.title, reasons=excuse.reasons, tries=tries)
        return excused(text, excuse)


def for_people(exchange: Exchange) -> bool:
    """Tell whether whoever asks wants a page rather than a problem document."""
    return prefers_html(",".join(exchange.headers.get("accept", ())))


def _number(value: str) -> int | str:
    """Return a whole number as such, so that it is shown with its commas; anything else as it is."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 40 else value


def _mended(page: RefusalPage) -> Sequence[Choice]:
    """Return the way to what was asked with the nearest values in it, where that mends all that was refused."""
    address = urlsplit(page.path)
    asked = dict(parse_qsl(address.query))
    nearest: dict[str, Any] = {}
    for violation in page.violations:
        part, _, name = violation.where.removeprefix("/").partition("/")
        if part != "query" or name not in asked:
            return ()
        if violation.nearest is not None:
            nearest[name] = violation.nearest
        elif violation.assumption != "query/unevaluatedProperties":
            return ()
    if not nearest:
        return ()
    unknown = {violation.where.removeprefix("/query/") for violation in page.violations} - nearest.keys()
    mended = {name: nearest.get(name, value) for name, value in asked.items() if name not in unknown}
    label = " and ".join(wished(name, value) for name, value in nearest.items())
    return (Choice(label[:1].upper() + label[1:], link(address.path, mended)),)


def _tries(status: int, path: str) -> Sequence[Choice]:
    back = Choice("Twelve cats, any kind", "/?count=12")
    if status >= 500:
        return (Choice("The same again", quote(path, safe="/?=&%+")), back)
    if urlsplit(path).path == "/picture":
        return (Choice(ask.EXAMPLE.capitalize(), link("/picture", {"ask": ask.EXAMPLE})), back)
    return (back, Choice("Six siamese in a rose garden", "/?breed=siamese&scene=rose-garden&count=6&size=medium"))
