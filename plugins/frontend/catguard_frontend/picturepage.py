"""The page of one picture: its recipe, the ways to keep it, a closer look at each cat in it, and whom to thank."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

import catguard
from catguard_frontend import ask, words
from catguard_frontend.addresses import FIELDS, closer_to, fields, link, page_of, picture_of, srcset
from catguard_frontend.cats import instead_of, recipe_of, wishes
from catguard_frontend.kitchen import Kitchen, NotServed
from catguard_frontend.limits import fitted
from catguard_frontend.menu import FORMATS, NOTHING, Menu
from catguard_frontend.names import nearest
from catguard_frontend.orders import Order
from catguard_frontend.pages import Pages, excused, html, redirect
from catguard_frontend.proposals import Choice
from catguard_frontend.recipes import Picture, Recipe

#: What of a cat a visitor may look at closely from here; of one on which none of these is marked, whatever is.
PARTS = ("nose", "eyes", "paw")
#: Seconds after which the page's script looks again for a picture that may be there by then.
AGAIN = 5
#: Seconds within which a picture is refused, if it is.
AT_ONCE = 1.0
#: Cats, and pixels, of a picture that is offered instead of one that cannot be made.
FEW, WIDTH, HEIGHT = 3, 960, 720
#: How many times its size a picture is offered to browsers: small phones, and screens with two pixels where one was.
TIMES = (0.5, 0.75, 1, 1.5, 2)
#: What each format is called, and what it is good for.
USES: Mapping[str, tuple[str, str]] = {
    "webp": ("WebP", "small and sharp, for web pages and chats"),
    "png": ("PNG", "every pixel exact, for editing and printing"),
    "jpeg": ("JPEG", "opens everywhere, on old devices too"),
    "avif": ("AVIF", "the smallest file, for newer browsers"),
}


@dataclass(frozen=True, slots=True)
class Download:
    """A picture as a file: its format and what people call it, what it is for, its address, and the file's name."""

    format: str
    label: str
    use: str
    href: str
    name: str


@dataclass(frozen=True, slots=True)
class Sitter:
    """A cat in the picture: what it is, where it is in pixels, and the closer looks at it that there are."""

    name: str
    box: Mapping[str, int]
    closer: str | None
    parts: tuple[Choice, ...]


class PicturePage:
    """Serves `GET /picture`.

    Args:
        kitchen: where the picture comes from.
        pages: the templates.
        draw_seed: gives a seed to those who did not ask for one.
        patience: seconds until a visitor is told that it takes longer.
    """

    def __init__(self, kitchen: Kitchen, pages: Pages, *, draw_seed: Callable[[], int], patience: float) -> None:
        self._kitchen = kitchen
        self._pages = pages
        self._draw_seed = draw_seed
        self._patience = patience

    async def page(self, request: Request) -> Response:
        """Answer with the page of a picture; whatever leaves something open is sent on to an address that does not."""
        query = catguard.exchange(request.scope).query
        if query.keys() != set(FIELDS):
            return await self._elsewhere(query, request)
        recipe = Recipe(**query)
        try:
            until = asyncio.get_running_loop().time() + self._patience
            picture = await self._kitchen.serve(recipe, until=until)
        except (catguard.CallRefused, NotServed) as failure:
            return await self._missing(recipe, failure)
        return html(self._pages.render("picture", **_told(recipe), **_shown(recipe, picture)))

    async def _elsewhere(self, query: Mapping[str, Any], request: Request) -> Response:
        """Send the visitor to the address of a picture such as was wished, or say why there is none."""
        try:
            menu = await self._kitchen.menu()
        except (catguard.CallRefused, NotServed) as failure:
            excuse = words.excuse(failure, query)
            tries = [Choice("Try again", link("/picture", query)), Choice("All cats", "/")]
            text = self._pages.render("nobody", excuse=excuse, tries=tries, again=AGAIN)
            return excused(text, excuse)
        try:
            recipe = recipe_of(wishes({"seed": self._draw_seed(), **query}, menu), menu)
        except ask.NotUnderstood as failure:
            return self._not_understood(query["ask"], failure, menu)
        if "ask" in query:
            refused = await self._refused(recipe)
            if refused is not None:
                tries = instead_of(query["ask"], menu, "/picture", but=query["ask"])
                return self._pages.instead(refused, request, tries=tries)
        return redirect(page_of(recipe))

    async def _refused(self, recipe: Recipe) -> words.Excuse | None:
        """Say why what a sentence asks for is refused, while the sentence is there; whatever else fails, its page says.

        A refusal comes at once. Who asked for what is not refused waits on the page of the picture.
        """
        try:
            await self._kitchen.serve(recipe, until=asyncio.get_running_loop().time() + AT_ONCE)
        except (catguard.CallRefused, NotServed) as failure:
            excuse = words.excuse(failure, recipe.wire(), wish=words.WISH)
            return excuse if excuse.status == 422 else None
        return None

    async def _missing(self, recipe: Recipe, failure: catguard.CallRefused | NotServed) -> Response:
        excuse = words.excuse(failure, recipe.wire())
        again = AGAIN if excuse.status >= 500 else None
        near = [Choice("Try again", page_of(recipe))] if again else _instead(recipe, await self._menu())
        tries = (*near, Choice("All cats", "/"))
        told = {**_told(recipe), "walls": (), "picture": None, "excuse": excuse, "tries": tries, "again": again}
        return excused(self._pages.render("picture", **told), excuse)

    async def _menu(self) -> Menu:
        try:
            return await self._kitchen.menu()
        except (catguard.CallRefused, NotServed):
            return NOTHING

    def _not_understood(self, sentence: str, failure: ask.NotUnderstood, menu: Menu) -> Response:
        meant = failure.mended(sentence)
        mended = meant and (ask.proposed(meant, menu) or meant)
        text = self._pages.render("asked", sentence=sentence, lost=failure, mended=mended, menu=menu)
        return html(text, status=422)


def _told(recipe: Recipe) -> dict[str, Any]:
    """Return what is known of a picture before it is there."""
    return {
        "recipe": recipe,
        "heading": words.titled(recipe),
        "sentence": Order(recipe.count, recipe.breed, recipe.scene, recipe.width, recipe.height).sentence(),
        "address": page_of(recipe),
        "another": _another(recipe),
        "walls": [
            Choice(f"More {words.cats(recipe.breed or '', 2)}", link("/", {"breed": recipe.breed})),
            Choice(f"More cats {words.located(recipe.scene or '')}", link("/", {"scene": recipe.scene})),
        ],
    }


def _instead(recipe: Recipe, menu: Menu) -> list[Choice]:
    """Return pictures that there are, as near to the recipe as can be."""
    breeds = _there(recipe.breed, menu.breeds)[:3]
    scene = next(iter(_there(recipe.scene, menu.scenes)), None)
    fit = fitted(recipe)
    if fit == recipe and recipe.breed in breeds and recipe.scene == scene:
        fit = replace(recipe, width=WIDTH, height=HEIGHT, count=min(recipe.count, FEW))  # it is not its size alone
    near = [replace(fit, breed=breed, scene=scene) for breed in breeds]
    return [Choice(words.titled(other), _another(other)) for other in near]


def _there(name: str | None, names: Mapping[str, str]) -> Sequence[str]:
    """Return a name that there is, or else those that there are, the nearest first."""
    return [name] if name is not None and name in names else nearest(name or "", tuple(names))


def _shown(recipe: Recipe, picture: Picture) -> dict[str, Any]:
    sitters = _sitters(recipe, picture.cats)
    return {
        "picture": picture,
        "alt": words.described(picture, recipe),
        "srcset": srcset(recipe, TIMES, known={recipe: picture.url}),
        "picture_address": picture_of(recipe),
        "downloads": [_download(recipe, image_format) for image_format in FORMATS],
        "sitters": sitters,
        "unmarked": _unmarked([sitter.parts for sitter in sitters]),
        "credits": picture.credits,
    }


def _another(recipe: Recipe) -> str:
    """Return where the same wish gives another picture: without a seed."""
    return link("/picture", {**fields(recipe), "seed": None})


def _download(recipe: Recipe, image_format: str) -> Download:
    suffix = {"jpeg": "jpg"}.get(image_format, image_format)
    name = f"{words.titled(recipe).lower().replace(' ', '-')}-{recipe.width}x{recipe.height}.{suffix}"
    return Download(image_format, *USES[image_format], picture_of(replace(recipe, format=image_format)), name)


def _unmarked(parts: Sequence[Sequence[Choice]]) -> str | None:
    """Say once why some of the cats cannot be looked at closely."""
    if all(parts):
        return None
    who = "The other cats" if any(parts) else "These cats"
    return f"{who} come from pictures such as photos, in which no nose, eyes or paws are marked to look at closely."


def _sitters(recipe: Recipe, cats: Sequence[Mapping[str, Any]]) -> list[Sitter]:
    return [
        Sitter(
            name=f"{words.spoken(cat['breed']).capitalize()}, {words.spoken(cat['pose'])}",
            box=cat["box"],
            closer=closer_to(cat["picture"], part="face", scale=0.0, within=recipe) if "face" in cat["parts"] else None,
            parts=tuple(
                Choice(part.capitalize(), closer_to(cat["picture"], part=part, scale=0.0, within=recipe))
                for part in [name for name in PARTS if name in cat["parts"]] or cat["parts"]
            ),
        )
        for cat in cats
    ]
