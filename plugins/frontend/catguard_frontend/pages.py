"""The pages as HTML: one look for the cats, the closer look, and what cannot be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from catguard import Exchange, RefusalPage, prefers_html
from catguard_frontend.addresses import link
from catguard_frontend.credits import credited
from catguard_frontend.limits import MOST_COUNT
from catguard_frontend.menu import FORMATS
from catguard_frontend.orders import EXAMPLE, examples
from catguard_frontend.proposals import Choice, asked_at, mended, others, sentence_at
from catguard_frontend.words import Excuse, counted, located, reasons_of, spoken

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
            "example": EXAMPLE,
            "examples_from": examples,
            "formats": FORMATS,
            "most_cats": MOST_COUNT,
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
        asked = asked_at(page.path)
        heading = "Something broke on our side" if page.status >= 500 else page.title
        return self.render(
            "refusal",
            sentence=sentence_at(page.path),
            status=page.status,
            heading=_HEADINGS.get(page.status, heading),
            reasons=reasons_of(page.violations, asked) if page.violations else [],
            tries=(*mended(page), *others(page.status, page.path)),
        )

    def instead(self, excuse: Excuse, request: Request, *, tries: Sequence[Choice] = ()) -> Response:
        """Return the same page for what this tier itself cannot do; `tries` are offered before what always is."""
        path = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
        text = self.render(
            "refusal",
            sentence=sentence_at(path),
            status=excuse.status,
            heading=excuse.title,
            reasons=excuse.reasons,
            tries=(*tries, *others(excuse.status, path)),
        )
        return excused(text, excuse)


def for_people(exchange: Exchange) -> bool:
    """Tell whether whoever asks wants a page rather than a problem document."""
    return prefers_html(",".join(exchange.headers.get("accept", ())))
