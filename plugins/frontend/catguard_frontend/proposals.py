"""What to try in the place of a wish that was refused: what was asked for, with as little changed as lets it pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from catguard import RefusalPage
from catguard_frontend.addresses import link
from catguard_frontend.menu import MOST_LARGE
from catguard_frontend.orders import EXAMPLE, Order
from catguard_frontend.words import wished

#: The addresses of one picture, with the width and the height, in pixels, that are assumed where they are left out.
_SIZES: Mapping[str, tuple[int, int]] = {"/picture": (960, 720), "/cats": (480, 480)}
#: Rules that a smaller picture mends.
_TOO_LARGE = ("picture-area", "few-in-one-picture")


@dataclass(frozen=True, slots=True)
class Choice:
    """A link among several; `current` is the one that is shown now."""

    label: str
    href: str
    current: bool = False


def asked_at(path: str) -> dict[str, Any]:
    """Return what the query of an address asks for, with whole numbers as such."""
    return {name: _number(value) for name, value in parse_qsl(urlsplit(path).query)}


def sentence_at(path: str) -> str:
    """Return the sentence by which an address asks for a picture, or the one that says the same; empty if none does."""
    asked = asked_at(path)
    if urlsplit(path).path not in _SIZES:
        return ""
    order = _order(asked, path)
    return str(asked["ask"]) if "ask" in asked else order.sentence() if order is not None else ""


def mended(page: RefusalPage) -> Sequence[Choice]:
    """Return ways to what was asked with the nearest values in it, where that mends all that was refused."""
    path = urlsplit(page.path).path
    asked = asked_at(page.path)
    rules = {violation.assumption for violation in page.violations}
    if rules == {"large-cats-are-few"}:
        fewer, smaller = {"count": MOST_LARGE}, {"size": "medium"}
        return tuple(_with(asked, change, path) for change in (fewer, smaller))
    if rules == {"a-sentence-says-it-all"}:
        return (Choice(f"Only “{asked['ask']}”", link(path, {"ask": asked["ask"]})),)
    nearest: dict[str, Any] = {}
    unknown: set[str] = set()
    for violation in page.violations:
        part, _, name = violation.where.removeprefix("/").partition("/")
        if path in _SIZES and violation.assumption in _TOO_LARGE:
            continue
        if part != "query" or name not in asked:
            return ()
        if violation.nearest is not None:
            nearest[name] = violation.nearest
        elif violation.assumption == "query/unevaluatedProperties":
            unknown.add(name)
        else:
            return ()
    kept = {name: value for name, value in asked.items() if name not in unknown}
    order = _order({**kept, **nearest}, page.path)
    if order is not None:
        return _fitted(order, {**kept, **nearest}, asked, path)
    return (_with(kept, nearest, path),) if nearest else ()


def others(status: int, path: str) -> Sequence[Choice]:
    """Return what is worth a try after any refusal with this status."""
    back = Choice("Twelve cats, any kind", "/?count=12")
    if status >= 500:
        return (Choice("The same again", quote(path, safe="/?=&%+")), back)
    if urlsplit(path).path in _SIZES:
        return (Choice(EXAMPLE.capitalize(), link("/picture", {"ask": EXAMPLE})), back)
    return (back, Choice("Six siamese in a rose garden", "/?breed=siamese&scene=rose-garden&count=6&size=medium"))


def _fitted(order: Order, wish: Mapping[str, Any], asked: Mapping[str, Any], path: str) -> Sequence[Choice]:
    fitted = order.fitted()
    changed = {name: getattr(fitted, name) for name in ("count", "width", "height") if _differs(fitted, order, name)}
    told = {**wish, **changed}
    return (Choice(fitted.sentence().capitalize(), link(path, told)),) if told != asked else ()


def _differs(order: Order, other: Order, name: str) -> bool:
    return bool(getattr(order, name) != getattr(other, name))


def _with(asked: Mapping[str, Any], change: Mapping[str, Any], path: str) -> Choice:
    label = " and ".join(wished(name, value) for name, value in change.items())
    return Choice(label[:1].upper() + label[1:], link(path, {**asked, **change}))


def _order(asked: Mapping[str, Any], path: str) -> Order | None:
    """Return what the fields of an address ask for, if that is an order at all and it is by fields."""
    sizes = _SIZES.get(urlsplit(path).path)
    if sizes is None or "ask" in asked or not asked:
        return None
    sized = "width" in asked or "height" in asked
    width, height = (asked.get("width", sizes[0]), asked.get("height", sizes[1])) if sized else (None, None)
    count = asked.get("count", 1)
    if not all(isinstance(number, int | None) for number in (count, width, height)):
        return None
    text = {name: str(asked[name]) for name in ("breed", "scene", "format") if name in asked}
    return Order(count, text.get("breed"), text.get("scene"), width, height, text.get("format"))


def _number(value: str) -> int | str:
    """Return a whole number as such, so that it is shown with its commas; anything else as it is."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 40 else value
