"""What programs get: a picture as JSON, or a problem document (RFC 9457)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

import catguard
from catguard_frontend.kitchen import NotServed
from catguard_frontend.recipes import Picture, Recipe
from catguard_frontend.words import refusal_status

_HEADERS = {"x-content-type-options": "nosniff", "cache-control": "no-cache"}


def answer(picture: Picture, recipe: Recipe, *, understood: str | None = None) -> Response:
    """Return a picture with its recipe, and the sentence that was understood if it came from one."""
    content: dict[str, Any] = {
        "url": picture.url,
        "width": picture.width,
        "height": picture.height,
        "format": picture.format,
        "recipe": recipe.wire(),
        "cats": picture.cats,
        "credits": picture.credits,
    }
    if understood is not None:
        content["understood"] = understood
    return JSONResponse(content, headers=_HEADERS)


def failed(failure: catguard.CallRefused | NotServed, request: Request) -> ASGIApp:
    """Return why there is no picture."""
    if isinstance(failure, catguard.CallRefused) and failure.violations:
        return catguard.refusal(failure, status=refusal_status(failure), request=request)
    if isinstance(failure, catguard.CallRefused):
        failure = NotServed("Cat-o-matic failed and did not say why. Try again in a moment.")
    return problem(failure.status, failure.title, failure.detail)


def problem(status: int, title: str, detail: str, **members: Any) -> Response:
    """Return a problem document with further members."""
    content = {"type": "about:blank", "title": title, "status": status, "detail": detail, **members}
    return JSONResponse(content, status, _HEADERS, media_type="application/problem+json")
