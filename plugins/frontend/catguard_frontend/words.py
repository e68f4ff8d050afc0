"""What people read: alt texts of pictures, and why there is none, in the terms of what they asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from catguard import CallRefused, Violation
from catguard_frontend.kitchen import NoSuchCat, NotServed
from catguard_frontend.menu import BREEDS, NUMBERS, SCENES
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
#: What the rules of the policies that a visitor can break mean to a visitor, by their ids.
RULES: Mapping[str, str] = {
    "picture-area": "That is more pixels than any screen shows. Try a smaller width or height.",
    "few-in-one-picture": "So many cats in so large a picture are too much. Try fewer cats or a smaller picture.",
    "work": "So many cats in so large a picture are too much. Try fewer cats or a smaller picture.",
    "large-cats-are-few": "So many large cats are too much for one page. Try fewer cats or a smaller size.",
    "scene-has-room": "In so small a picture the cats would hide each other. Try fewer cats or a larger picture.",
}


@dataclass(frozen=True, slots=True)
class Excuse:
    """Why there is no picture: a short heading, the reasons, and the status that says the same to programs."""

    title: str
    reasons: tuple[str, ...]
    status: int


def excuse(failure: CallRefused | NotServed, recipe: Recipe) -> Excuse:
    """Return in the user's words why `recipe` gave no picture."""
    if isinstance(failure, CallRefused):
        status = refusal_status(failure)
        if status != 422:
            return Excuse("This picture came out wrong", ("It is not what was ordered, so it is not shown.",), status)
        reasons = tuple(reasons_of(failure.violations, recipe.wire()))
        return Excuse("This is more than we can show", reasons, status)
    if isinstance(failure, NoSuchCat):
        return Excuse(failure.title, (_unknown(recipe) or failure.detail,), failure.status)
    return Excuse(failure.title, (failure.detail,), failure.status)


def refusal_status(refused: CallRefused) -> int:
    """Return 422 where the order was refused, by either side, and 502 where the answer to it was."""
    return 502 if any(violation.phase == "response" for violation in refused.violations) else 422


def reasons_of(violations: Iterable[Violation], asked: Mapping[str, Any]) -> list[str]:
    """Return one sentence per thing that is wrong; `asked` has the values, which violations never carry."""
    sentences = (_sentence(violation, asked) for violation in violations)
    return list(dict.fromkeys(sentences)) or ["It was refused, and no reason was given."]


def _sentence(violation: Violation, asked: Mapping[str, Any]) -> str:
    if violation.assumption in RULES:
        return RULES[violation.assumption]
    name = violation.where.rpartition("/")[2]
    keyword = violation.assumption.rpartition("/")[2]
    if keyword in ("unevaluatedProperties", "additionalProperties"):
        return f"“{name}” is not something this page can do."
    if name not in _WISHES or not violation.limit or keyword == "required":
        return f"{violation.message[:1].upper()}{violation.message[1:]}".rstrip(".") + "."
    wish = _WISHES[name].format(readable(asked[name])) if name in asked else f"a {name} that we do not have"
    must = "that is not a name we use" if keyword == "pattern" else f"it must be {violation.limit}"
    return f"You asked for {wish}; {must}."


def readable(value: Any) -> str:
    """Return a value as people write it: 480,000 with its comma, and no text longer than a line."""
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _unknown(recipe: Recipe) -> str | None:
    if recipe.picture is not None:
        return "There is no such cat any more, or there never was. Choose one from the page of cats."
    if recipe.breed not in BREEDS:
        return f"We have no {spoken(recipe.breed)} cats. There are {listed(BREEDS)} cats."
    if recipe.scene not in SCENES:
        return f"We have no scene called {spoken(recipe.scene)}. There are {listed(SCENES)}."
    return None


def spoken(name: str | None) -> str:
    """Return a name as it is said: "rose-garden" is a rose garden."""
    return (name or "").replace("-", " ")


def listed(names: Iterable[str]) -> str:
    """Return "siamese, tabby and calico"."""
    *others, last = [spoken(name) for name in names]
    return f"{', '.join(others)} and {last}" if others else last


def described(picture: Picture, recipe: Recipe) -> str:
    """Return the alt text of a picture: "A siamese cat sitting in a rose garden"."""
    cats = picture.cats
    first = cats[0] if cats else {"breed": recipe.breed or "shy", "pose": ""}
    place = f" in {article(recipe.scene)}" if recipe.scene else ""
    if len(cats) > 1:
        count = NUMBERS[len(cats) - 1] if len(cats) <= len(NUMBERS) else str(len(cats))
        return f"{count.capitalize()} {spoken(first['breed'])} cats{place}"
    if recipe.part:
        whose = f"{article(first['breed'])} cat".capitalize()
        return f"{whose}, {'as a whole' if recipe.part == 'face' and not cats else f'close to its {recipe.part}'}"
    pose = f" {spoken(first['pose'])}" if first["pose"] else ""
    return f"{article(first['breed']).capitalize()} cat{pose}{place}"


def article(name: str) -> str:
    """Return a name with its article: "an orange", "a rose garden"."""
    word = spoken(name)
    return f"{'an' if word[:1] in 'aeiou' else 'a'} {word}"
