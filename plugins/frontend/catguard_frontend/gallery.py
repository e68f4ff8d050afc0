"""The page of cats: one order per cat, a few at a time; a cat that fails leaves its reason in its place."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

import catguard
from catguard_frontend import words
from catguard_frontend.addresses import link, page_of, srcset
from catguard_frontend.kitchen import Kitchen, NotServed
from catguard_frontend.menu import FRAMES, HEIGHTS, MOST_LARGE, NOTHING, Frame, Menu, choose, number
from catguard_frontend.names import nearest
from catguard_frontend.pages import Pages, excused, html
from catguard_frontend.proposals import Choice
from catguard_frontend.recipes import Picture, Recipe
from catguard_frontend.words import Excuse

#: Orders under way for one page: enough to keep Cat-o-matic busy, few enough that other pages get their turn.
AT_ONCE = 8
#: Seconds until what is still missing is given up, so that the page comes while its reader is still there.
PATIENCE = 9.0
#: How many cats "More cats" adds.
MORE = 12
#: Seconds after which the page's script looks again for cats that were late or missed their way here.
AGAIN = 5
#: How many times its size on the page a picture is offered: screens have up to three pixels where one was.
TIMES = (1, 2, 3)
#: Breeds or scenes that a list to choose from has at most; with more of them one types, and the browser finds.
CHOSEN = 40
#: Pixels of the longer side of a picture on its own page.
WHOLE = 960


@dataclass(frozen=True, slots=True)
class Wish:
    """What the form asks for; a breed or scene of None is one of each kind."""

    count: int
    size: str
    seed: int
    breed: str | None = None
    scene: str | None = None

    def recipes(self, menu: Menu) -> list[tuple[Frame, Recipe]]:
        """Return frame and recipe of each cat; they follow from wish and menu, and more begin with the same ones.

        Neighbours are of two breeds where there are two: whatever a breed has pictures of, one or more by the second
        while the store fills, they never show the same cat.
        """
        orders: list[tuple[Frame, Recipe]] = []
        for place, frame in enumerate(self.frames(self.count)):
            before = orders[-1][1].breed if orders else None
            orders.append((frame, self._recipe(place, frame, menu, before)))
        return orders

    def frames(self, count: int) -> list[Frame]:
        """Return the frames of the first `count` cats."""
        return [choose(FRAMES, "frame", self.seed, place) for place in range(count)]

    def _recipe(self, place: int, frame: Frame, menu: Menu, before: str | None) -> Recipe:
        height = HEIGHTS[self.size]
        return Recipe(
            width=height * frame.width // frame.height,
            height=height,
            breed=self.breed or menu.breed("breed", self.seed, place, but=before),
            scene=self.scene or menu.scene("scene", self.seed, place),
            # One after the other: of the same breed, Cat-o-matic shows another cat for the next seed. Halved, so that
            # they never run over the last seed there is.
            seed=number("cat", self.seed) // 2 + place,
        )

    def heading(self, *, nobody: bool = False) -> str:
        """Say what the page shows: "12 siamese cats in a rose garden", or that there is `nobody`."""
        scene = f" {words.located(self.scene)}" if self.scene else ""
        number = 0 if nobody else self.count
        kind = words.cats(self.breed, number) if self.breed else "cat" if number == 1 else "cats"
        return f"{number or 'No'} {kind}{scene}"


@dataclass(frozen=True, slots=True)
class Card:
    """One place on the page: a picture with its texts and the sizes it comes in, or the excuse for it; and its page."""

    frame: Frame
    href: str
    picture: Picture | None
    excuse: Excuse | None
    recipe: Recipe | None = None
    alt: str = ""
    srcset: str = ""


class Gallery:
    """Serves `GET /`."""

    def __init__(
        self, kitchen: Kitchen, pages: Pages, *, count_bounds: Mapping[str, int], patience: float = PATIENCE
    ) -> None:
        self._kitchen = kitchen
        self._pages = pages
        self._count_bounds = count_bounds
        self._patience = patience

    async def page(self, request: Request) -> Response:
        """Answer with as many cats as asked for."""
        wish = Wish(**catguard.exchange(request.scope).query)
        menu, cards = await self._cards(wish)
        pictures = [card.picture for card in cards if card.picture is not None]
        notice = _notice(cards)
        text = self._pages.render(
            "gallery",
            wish=wish,
            menu=menu,
            heading=wish.heading(nobody=not pictures),
            cards=cards,
            notice=notice,
            tries=_tries(notice, wish, menu) if notice is not None else (),
            credits=[credit for picture in pictures for credit in picture.credits],
            breeds=_offered(tuple(menu.breeds), wish.breed),
            scenes=_offered(tuple(menu.scenes), wish.scene),
            chosen=CHOSEN,
            sizes=tuple(HEIGHTS),
            count_bounds=self._count_bounds,
            most_large=MOST_LARGE,
            nobody_there=_nobody(cards),
            others=link("/", asdict(wish) | {"seed": number("others", wish.seed)}),
            more=self._more(wish),
            ratios=" ".join(f"{frame.width / frame.height:.4f}" for frame in wish.frames(self._most(wish))),
            again=AGAIN if notice is not None and notice.status >= 500 else None,
        )
        return html(text) if notice is None or pictures else excused(text, notice)

    async def _cards(self, wish: Wish) -> tuple[Menu, list[Card]]:
        """Return the menu and a card for each cat; without a menu each of them says why there is none."""
        try:
            menu = await self._kitchen.menu()
        except (catguard.CallRefused, NotServed) as failure:
            excuse = words.excuse(failure, {})
            one = link("/picture", {"breed": wish.breed, "scene": wish.scene})
            return NOTHING, [Card(frame, one, None, excuse) for frame in wish.frames(wish.count)]
        orders = wish.recipes(menu)
        served = await self._serve([recipe for _, recipe in orders])
        return menu, [_card(frame, recipe, result) for (frame, recipe), result in zip(orders, served, strict=True)]

    def _more(self, wish: Wish) -> str | None:
        """Return where there are more of the same cats, if one page may have more."""
        count = min(wish.count + MORE, self._most(wish))
        return f"{link('/', asdict(wish) | {'count': count})}#cat-{wish.count + 1}" if count > wish.count else None

    def _most(self, wish: Wish) -> int:
        return MOST_LARGE if wish.size == "large" else self._count_bounds.get("maximum", wish.count)

    async def _serve(self, recipes: Sequence[Recipe]) -> list[Picture | Excuse]:
        """Order all recipes, `AT_ONCE` at a time, and return what came of each when patience ends."""
        turn = asyncio.Semaphore(AT_ONCE)
        until = asyncio.get_running_loop().time() + self._patience

        async def one(recipe: Recipe) -> Picture | Excuse:
            async with turn:
                try:
                    return await self._kitchen.serve(recipe, until=until)
                except (catguard.CallRefused, NotServed) as failure:
                    return words.excuse(failure, recipe.wire())

        orders = [asyncio.create_task(one(recipe)) for recipe in recipes]
        try:
            return await asyncio.gather(*orders)
        finally:
            for order in orders:
                order.cancel()
            await asyncio.gather(*orders, return_exceptions=True)


def _card(frame: Frame, recipe: Recipe, result: Picture | Excuse) -> Card:
    longer = max(frame.width, frame.height)
    page = page_of(replace(recipe, width=WHOLE * frame.width // longer, height=WHOLE * frame.height // longer))
    if isinstance(result, Excuse):
        return Card(frame, page, None, result, recipe)
    sizes = srcset(recipe, TIMES, known={recipe: result.url})
    return Card(frame, page, result, None, recipe, alt=words.described(result, recipe), srcset=sizes)


def _notice(cards: Sequence[Card]) -> Excuse | None:
    """Return what to say above the cats if some are missing."""
    excuses = [card.excuse for card in cards if card.excuse is not None]
    if not excuses:
        return None
    missing = "None of the cats" if len(excuses) == len(cards) else f"{len(excuses)} of {len(cards)} cats"
    verb = "could be shown" if len(excuses) == len(cards) else "could not be shown"
    reasons = dict.fromkeys(reason for excuse in excuses for reason in excuse.reasons)
    worst = max(excuses, key=lambda excuse: (excuse.status, excuse.retry_after or 0))
    return replace(worst, title=f"{missing} {verb}", reasons=tuple(reasons)[:3])


def _nobody(cards: Sequence[Card]) -> Excuse | None:
    """Return why there are no cats at all, if that is the same for all: it is said once, not in each place."""
    excuses = {card.excuse for card in cards}
    excuse = excuses.pop() if len(excuses) == 1 else None
    # What there is instead is offered as links.
    return replace(excuse, reasons=excuse.reasons[:1]) if excuse is not None and excuse.status == 404 else excuse


def _tries(notice: Excuse, wish: Wish, menu: Menu) -> Sequence[Choice]:
    """Return where to go from a notice: the same wish is worth another try unless it was the wish that was wrong."""
    start = [Choice("Start over with any cats", "/")] if wish.breed or wish.scene else []
    if notice.status >= 500:
        return [Choice("Try this page again", link("/", asdict(wish))), *start]
    missing = "breed" if wish.breed not in menu.breeds else "scene"
    there = nearest(str(asdict(wish)[missing]), tuple(menu.breeds if missing == "breed" else menu.scenes))
    others = [Choice(words.spoken(name).capitalize(), link("/", asdict(wish) | {missing: name})) for name in there]
    return [*others, *start]


def _offered(names: Sequence[str], wished: str | None) -> Sequence[str]:
    """Return what the form offers, with what was wished even if it is not on the menu."""
    return names if wished is None or wished in names else (*names, wished)
