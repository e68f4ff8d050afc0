"""What people read: alt texts of pictures, and why there is none, in the terms of what they asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from catguard import CallRefused, Violation
from catguard_frontend.kitchen import (
    NoSuchCat,
    NothingYet,
    NotKept,
    NotMarked,
    NotPossible,
    NotServed,
    TooSlow,
    Unreachable,
)
from catguard_frontend.menu import NUMBERS, PLACES, NotOffered
from catguard_frontend.names import and_more, nearest
from catguard_frontend.recipes import Picture, Recipe

#: How a wish reads, by the name of the field that carries it.
_WISHES: Mapping[str, str] = {
    "width": "a picture {} pixels wide",
    "height": "a picture {} pixels high",
    "count": "{} cats",
    "breed": "the breed “{}”",
    "scene": "the scene “{}”",
    "size": "the size “{}”",
    "scale": "a scale of {}",
    "part": "a look at the “{}”",
    "picture": "the picture “{}”",
    "format": "the format “{}”",
    "seed": "the seed {}",
    "ask": "“{}”",
}
#: How a sentence about a wish begins.
WISH = "You asked for {}"
#: Where a name begins with one of these it needs no article: "my-garden".
_WHOSE = ("the", "my", "our", "your", "his", "her", "its", "their")
_CROWDED = (
    "Cats times pixels are at most 20,000,000, for instance five cats at 2000x2000. "
    "Try fewer cats or a smaller picture."
)
#: What the rules of the policies that a visitor can break mean to a visitor, by their ids.
RULES: Mapping[str, str] = {
    "picture-area": "A picture has at most 4,000,000 pixels, for instance 2000x2000. Try something smaller.",
    "few-in-one-picture": _CROWDED,
    "work": _CROWDED,
    "large-cats-are-few": "A page has at most 24 large cats. Try fewer cats or a smaller size.",
    "a-sentence-says-it-all": "A sentence and single wishes at once have no one meaning. Send one or the other.",
    "a-way-back-is-whole": "A part of this link is missing. Take it from the page of the picture.",
    "a-close-up-has-one-cat": "A closer look is at one cat.",
    "scene-has-room": (
        "In so small a picture the cats would hide each other: each needs at least 256 pixels, as 16x16 has. "
        "Try fewer cats or a larger picture."
    ),
}
#: What refuses a call whatever is ordered: no boundary declares it, or not from here.
_ANY_ORDER = frozenset({"undeclared", "from"})
#: What a visitor is told where no guard refused: visitors know of cats, not of the tiers behind them.
_APOLOGIES: Mapping[type[NotServed], tuple[str, str]] = {
    NotPossible: ("This cat would not fit", "This picture cannot be made. Try fewer cats, or another size."),
    Unreachable: ("No cat came", "Nobody answers where the pictures are made. Try again in a moment."),
    TooSlow: ("This cat takes its time", "The picture was not ready in time. Try again: it may be by then."),
    NothingYet: ("No cats yet", "The first cats are still being drawn. Try again in a moment."),
    NotKept: ("No room for this cat", "The picture was made, and there was no room to keep it. Try again later."),
    NotServed: ("This cat ran away", "The picture got lost on its way here. Try again in a moment."),
}


@dataclass(frozen=True, slots=True)
class Excuse:
    """Why there is no picture: a short heading, the reasons, and the status that says the same to programs.

    `retry_after` is in seconds, where it is known when another try is worth it.
    """

    title: str
    reasons: tuple[str, ...]
    status: int
    retry_after: int | None = None


def excuse(failure: CallRefused | NotServed, asked: Mapping[str, Any], *, wish: str = "That takes {}") -> Excuse:
    """Return in the user's words why there is no picture.

    Args:
        failure: what went wrong.
        asked: what was asked of Cat-o-matic, by the names of a recipe's fields.
        wish: how a sentence about what is too much begins; `{}` is the thing. What was asked may follow from a wish.
    """
    if isinstance(failure, CallRefused) and not broke_down(failure):
        status = refusal_status(failure)
        if status != 422:
            return Excuse("This picture came out wrong", ("It is not what was ordered, so it is not shown.",), status)
        reasons = tuple(reasons_of(failure.denied, asked, wish=wish))
        return Excuse("This is more than we can show", reasons, status)
    if isinstance(failure, NoSuchCat):
        return Excuse("No such cat", _unknown(failure, asked), failure.status)
    if isinstance(failure, NotMarked):
        return Excuse(failure.title, (failure.detail,), failure.status)
    if isinstance(failure, CallRefused):
        title, reason = _APOLOGIES[NotServed]
        return Excuse(title, (reason,), refusal_status(failure))
    title, reason = _APOLOGIES[type(failure)]
    return Excuse(title, (reason,), failure.status, failure.retry_after)


def refusal_status(refused: CallRefused) -> int:
    """Return 422 where the order was refused, by either side, and 502 where the answer to it was, or there was none."""
    answer = any(violation.phase == "response" for violation in refused.violations)
    return 502 if answer or broke_down(refused) else 422


def broke_down(refused: CallRefused) -> bool:
    """Tell whether nothing is wrong with the order: somebody failed over it, or it may not be sent at all."""
    failed = refused.status is not None and refused.status >= 500
    return failed or any(violation.assumption in _ANY_ORDER for violation in refused.denied)


def reasons_of(violations: Iterable[Violation], asked: Mapping[str, Any], *, wish: str = WISH) -> list[str]:
    """Return one sentence per thing that is wrong.

    Args:
        violations: what a guard found.
        asked: the values by field, which violations never carry.
        wish: how a sentence begins; `{}` is the thing, such as "100,000 cats".
    """
    sentences = (_sentence(violation, asked, wish) for violation in violations)
    return list(dict.fromkeys(sentences)) or ["It was refused, and no reason was given."]


def wished(name: str, value: Any) -> str:
    """Return how a value of a field reads, such as "12 cats"."""
    return _WISHES.get(name, f"{name} {{}}").format(readable(value))


def _sentence(violation: Violation, asked: Mapping[str, Any], wish: str) -> str:
    if violation.nearest is None or violation.assumption in RULES:
        return _broken(violation, asked, wish)
    name = violation.where.rpartition("/")[2]
    return f"{_broken(violation, asked, wish)} The nearest that we can do: {wished(name, violation.nearest)}."


def _broken(violation: Violation, asked: Mapping[str, Any], wish: str) -> str:
    if violation.assumption in RULES:
        return RULES[violation.assumption]
    name = violation.where.rpartition("/")[2]
    keyword = violation.assumption.rpartition("/")[2]
    if keyword in ("unevaluatedProperties", "additionalProperties"):
        return f"“{readable(name)}” is nothing that can be asked for here."
    if name not in _WISHES or not violation.limit:
        return f"{violation.message[:1].upper()}{violation.message[1:]}".rstrip(".") + "."
    if name not in asked:
        return f"The {name}: we can do {_with_commas(violation.limit)}."
    if keyword in ("minLength", "maxLength"):
        return f"“{readable(asked[name])}” is not of a length that we can read: {_with_commas(violation.limit)}."
    thing = wish.format(wished(name, asked[name]))
    if keyword == "type":
        return f"{thing}; that takes {violation.limit}."
    if keyword == "pattern":
        return f"{thing}; {_in_words(violation)}."
    return f"{thing}; we can do {_with_commas(violation.limit)}."


def _in_words(violation: Violation) -> str:
    """Return what a name looks like; a pattern that its policy has no words for is nothing to read."""
    return "that is no name that we use" if violation.limit in violation.message else violation.message


def _with_commas(limit: str) -> str:
    return re.sub(r"\d+", lambda found: readable(int(found.group())), limit)


def readable(value: Any) -> str:
    """Return a value as people write it: 480,000 with its comma, and no text longer than a line."""
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _unknown(failure: NoSuchCat, asked: Mapping[str, Any]) -> tuple[str, ...]:
    if "picture" in asked:
        return ("There is no such cat any more, or there never was.", "Choose one from the page of cats.")
    missing = failure.missing
    if missing is None:
        return (f"We have no {cats(asked['breed'], 2)} {located(asked['scene'])} just now.",)
    if missing.kind == "breed":
        return (f"We have no {cats(missing.name, 2)}.", f"There are {_there_are(missing, lambda name: cats(name, 2))}.")
    return (f"We have no scene called {spoken(missing.name)}.", f"There are {_there_are(missing, spoken)}.")


def _there_are(missing: NotOffered, called: Callable[[str], str]) -> str:
    """Return what there is instead, the nearest first where that is much; the last one is said as it is `called`."""
    *others, last = told = nearest(missing.name, missing.offered)
    if more := and_more(len(told), missing.offered):
        return f"{', '.join(spoken(name) for name in told)}{more}"
    return listed([*others, called(last)])


def spoken(name: str) -> str:
    """Return a name as it is said: "rose-garden" is a rose garden."""
    return name.replace("-", " ")


def listed(names: Iterable[str]) -> str:
    """Return "siamese, tabby and calico"."""
    *others, last = [spoken(name) for name in names]
    return f"{', '.join(others)} and {last}" if others else last


def described(picture: Picture, recipe: Recipe) -> str:
    """Return the alt text of a picture: "A siamese cat sitting in a rose garden"."""
    shown = picture.cats
    first = shown[0] if shown else {"breed": recipe.breed or "shy", "pose": ""}
    place = f" {located(recipe.scene)}" if recipe.scene else ""
    if len(shown) > 1:
        return f"{counted(len(shown)).capitalize()} {cats(first['breed'], len(shown))}{place}"
    cat = article(cats(first["breed"]))
    if recipe.part:
        return f"The {recipe.part} of {cat}"
    pose = f" {spoken(first['pose'])}" if first["pose"] else ""
    return f"{cat.capitalize()}{pose}{place}"


def titled(recipe: Recipe) -> str:
    """Return what a picture is called before anybody has seen it: "Three siamese cats in a rose garden"."""
    breed, place = recipe.breed or "shy", f" {located(recipe.scene)}" if recipe.scene else ""
    if recipe.count == 1:
        return f"{article(cats(breed))}{place}".capitalize()
    return f"{counted(recipe.count)} {cats(breed, recipe.count)}{place}".capitalize()


def cats(breed: str, count: int = 1) -> str:
    """Return how cats of a breed are called, such as "siamese cats"; a name that says cat already says it once."""
    name = spoken(breed)
    if name.endswith("cats") or (name.endswith("cat") and count == 1):
        return name
    return f"{name}s" if name.endswith("cat") else f"{name} {'cat' if count == 1 else 'cats'}"


def counted(count: int) -> str:
    """Return a number as people write it: up to twelve as a word."""
    return NUMBERS[count - 1] if 1 <= count <= len(NUMBERS) else f"{count:,}"


def located(scene: str) -> str:
    """Return where a cat is that is in a scene: "on a windowsill"."""
    if scene in PLACES:
        return PLACES[scene]
    first = scene.partition("-")[0]
    if first in _WHOSE:
        return f"in {spoken(scene)}"
    # With its hyphens, a name that begins with an article is not taken for an article and another name.
    return f"in {scene if first in ('a', 'an') else article(scene)}"


def article(name: str) -> str:
    """Return a name with its article: "an orange", "a rose garden"."""
    word = spoken(name)
    return f"{'an' if word[:1] in 'aeiou' else 'a'} {word}"
