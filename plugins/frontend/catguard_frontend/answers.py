"""What programs get: a picture as JSON, or a problem document (RFC 9457)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

import catguard
from catguard_frontend import ask
from catguard_frontend.addresses import picture_of
from catguard_frontend.kitchen import NoSuchCat, NotServed
from catguard_frontend.names import nearest
from catguard_frontend.orders import EXAMPLE
from catguard_frontend.recipes import Picture, Recipe
from catguard_frontend.timing import Timing
from catguard_frontend.words import refusal_status

_HEADERS = {"x-content-type-options": "nosniff", "cache-control": "no-cache"}
#: A failure passes; a cache that kept it would tell of it for longer than it lasts.
_FAILED = {"x-content-type-options": "nosniff", "cache-control": "no-store"}


def answer(
    picture: Picture, recipe: Recipe, *, timing: Timing | None = None, understood: str | None = None
) -> Response:
    """Return a picture with its recipe, the address that gives it again, and the sentence that was understood, if any.

    A closer look has no such address.
    """
    content: dict[str, Any] = {
        "url": picture.url,
        "width": picture.width,
        "height": picture.height,
        "format": picture.format,
        "recipe": recipe.wire(),
        "cats": picture.cats,
        "credits": picture.credits,
    }
    if recipe.breed is not None:
        content["address"] = picture_of(recipe)
    if understood is not None:
        content["understood"] = understood
    return JSONResponse(content, headers=_HEADERS if timing is None else {**_HEADERS, "server-timing": timing.header()})


def failed(failure: catguard.CallRefused | NotServed, request: Request, *, detail: str | None = None) -> ASGIApp:
    """Return why there is no picture; `detail` says of a refusal what it means in the terms of what was asked."""
    if isinstance(failure, catguard.CallRefused) and failure.violations:
        return catguard.refusal(failure, status=refusal_status(failure), request=request, detail=detail)
    if isinstance(failure, catguard.CallRefused):
        failure = NotServed("Cat-o-matic failed and did not say why. Try again in a moment.")
    missing = failure.missing if isinstance(failure, NoSuchCat) else None
    members: dict[str, Any] = {}
    if missing is not None:
        told = nearest(missing.name, missing.offered)
        members = {missing.kind: missing.name, "offered": told, "more": len(missing.offered) - len(told)}
    return problem(failure.status, failure.title, failure.detail, retry_after=failure.retry_after, **members)


def not_understood(failure: ask.NotUnderstood) -> Response:
    """Return the word of a sentence that was not understood, and what would have been."""
    return problem(
        422,
        "Sentence not understood",
        str(failure),
        word=failure.word,
        position=failure.position,
        character=failure.character,
        expected=list(failure.expected),
        example=EXAMPLE,
    )


def problem(status: int, title: str, detail: str, *, retry_after: int | None = None, **members: Any) -> Response:
    """Return a problem document with further members; `retry_after` is in seconds."""
    content = {"type": "about:blank", "title": title, "status": status, "detail": detail, **members}
    headers = _FAILED if retry_after is None else {**_FAILED, "retry-after": str(retry_after)}
    return JSONResponse(content, status, headers, media_type="application/problem+json")
