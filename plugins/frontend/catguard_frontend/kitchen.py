"""The kitchen: asks Cat-o-matic for pictures and their proportions, each once, and tells what went wrong."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx2

from catguard import CallRefused
from catguard_frontend.cache import PictureCache
from catguard_frontend.menu import PARTS, Menu, NotOffered
from catguard_frontend.recipes import Picture, Recipe
from catguard_frontend.timing import Timing

_PICTURE_ID = re.compile(r"[0-9a-f]{16}")
_SLUG = re.compile(r"[a-z][a-z0-9-]{0,31}")
#: Longest text that is taken over from Cat-o-matic into a page or an answer.
_MAX_TEXT = 200
#: Characters that a maker, a licence and a source have at most, as in the policy's shape `Credit`.
_MAX_AUTHOR, _MAX_LICENCE, _MAX_SOURCE = 120, 60, 200
#: Pictures whose proportions are remembered: 300 bytes for each.
REMEMBERED = 4096
#: Seconds for which they are: as long as a menu is, so that what was taken out is not shown for longer.
FRESH = 3.0


class NotServed(Exception):
    """Cat-o-matic gave no picture.

    `status` is what this tier answers for it, `retry_after` the seconds after which it is worth another try, if known.
    """

    status = 502
    title = "The picture went missing"
    retry_after: int | None = None

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(detail)


class NoSuchCat(NotServed):
    """Cat-o-matic knows no such breed, scene or picture."""

    status = 404
    title = "No such cat"

    def __init__(self, detail: str, *, missing: NotOffered | None = None) -> None:
        """`missing` says what is not on the menu, if it was the menu that said so."""
        super().__init__(detail)
        self.missing = missing


class NotMarked(NotServed):
    """There is the picture, and it does not say where that part of the cat is."""

    status = 404
    title = "Not marked in this picture"


class NotPossible(NotServed):
    """Cat-o-matic understood the recipe and cannot cook it."""

    status = 422
    title = "This picture cannot be made"


class Unreachable(NotServed):
    """No Cat-o-matic answers."""

    status = 503
    title = "No answer just now"
    retry_after = 2


class NothingYet(NotServed):
    """There are no pictures to make anything of: the first ones are still being drawn."""

    status = 503
    title = "No cats yet"
    retry_after = 5


class TooSlow(NotServed):
    """Cat-o-matic took longer than anyone waits."""

    status = 504
    title = "This took too long"


class NotKept(NotServed):
    """There is a picture, and no room on this tier's disk to serve it from."""

    status = 503
    title = "No room for this picture"


@dataclass(frozen=True, slots=True)
class Original:
    """A picture as the store has it: width and height in pixels, what names all that is known of it, and when told."""

    width: int
    height: int
    art: str
    parts: tuple[str, ...]
    told: float


class Kitchen:
    """Serves pictures from the cache, else from Cat-o-matic through the guarded `client`.

    Attributes:
        menu: returns what can be ordered now; raises as `serve` does.
    """

    def __init__(
        self,
        client: httpx2.AsyncClient,
        cache: PictureCache,
        menu: Callable[[], Awaitable[Menu]],
        newest: Callable[[], Awaitable[Menu]],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`newest` returns a menu that was asked for after the call; `clock` tells seconds."""
        self.menu = menu
        self._newest = newest
        self._client = client
        self._cache = cache
        self._clock = clock
        self._originals: dict[str, Original] = {}  # the longest unused first

    async def proportion(self, picture: str) -> tuple[int, int]:
        """Return width and height, in pixels, of a picture as the store has it.

        Raises:
            catguard.CallRefused: a guard, ours or Cat-o-matic's, refused the call.
            NotServed: there is no such picture, or nobody says how large it is; its class says which.
        """
        original = await self._original(picture)
        return original.width, original.height

    async def parts(self, picture: str) -> tuple[str, ...]:
        """Return the parts of a picture that can be looked at closely; raises as `proportion` does."""
        return (await self._original(picture)).parts

    async def _original(self, picture: str, *, anew: bool = False) -> Original:
        """Return what was told of a picture a few seconds ago, unless it is to be asked `anew`."""
        known = self._originals.pop(picture, None)
        if known is None or anew or self._clock() - known.told > FRESH:
            asked = self._clock()
            told = (await answered(self._client.get(f"/v1/pictures/{picture}"))).json()
            known = Original(told["width"], told["height"], told["art"], tuple(told["parts"]), asked)
            if len(self._originals) >= REMEMBERED:
                del self._originals[next(iter(self._originals))]
        self._originals[picture] = known
        return known

    async def tag(self, recipe: Recipe, *, timing: Timing | None = None) -> str:
        """Return what names the picture that `recipe` gives now, without making it: equal tags are equal bytes.

        Raises:
            catguard.CallRefused: a guard, ours or Cat-o-matic's, refused to say what there is.
            NotServed: it cannot be made; its class says why.
        """
        with (timing or Timing()).measure("menu"):
            menu = await self.menu()
        if recipe.picture is not None:
            return recipe.tag(menu.art_of((await self._original(recipe.picture)).art))
        try:
            return recipe.tag(menu.art(recipe))
        except NotOffered as missing:
            raise NoSuchCat(str(missing), missing=missing) from missing

    async def serve(
        self, recipe: Recipe, *, tag: str | None = None, timing: Timing | None = None, until: float | None = None
    ) -> Picture:
        """Return the picture of `recipe`.

        Args:
            recipe: what is ordered.
            tag: what `tag` said of it, if that was asked before.
            timing: is told how long its parts took.
            until: the time of the event loop at which the caller waits no longer; the picture may come all the same.

        Raises:
            catguard.CallRefused: a guard, ours or Cat-o-matic's, refused the call.
            NotServed: there is no picture; its class says why.
        """
        timing = timing or Timing()
        try:
            if tag is None:
                async with asyncio.timeout_at(until):
                    tag = await self.tag(recipe, timing=timing)
            return await self._cache.get(tag, partial(self._cook, recipe, tag), timing=timing, until=until)
        except TimeoutError as late:
            raise TooSlow("It was not ready when the page was.") from late

    async def image(self, picture: Picture) -> bytes:
        """Return the bytes of a picture that was served just now.

        Raises:
            NotKept: it is gone already.
        """
        image = await self._cache.image(picture.digest, picture.format)
        if image is None:
            raise NotKept("The picture was made and had to leave for others at once. Try again in a moment.")
        return image

    async def _cook(self, recipe: Recipe, tag: str) -> Picture:
        response = await answered(self._client.post("/v1/render", json=recipe.wire()))
        cats, credits = read_cats(response.headers.get("catomatic-cats", ""))
        named = tag if await self._still(recipe, tag) else None
        try:
            return await self._cache.keep(named, recipe, response.content, cats, credits)
        except OSError as error:
            raise NotKept("There is no room left to keep the picture.") from error

    async def _still(self, recipe: Recipe, tag: str) -> bool:
        """Tell whether `tag` still names what `recipe` gives: a render may be made of art that came after the menu."""
        try:
            if recipe.picture is None:
                await self._newest()
            else:
                await self._original(recipe.picture, anew=True)
            return await self.tag(recipe) == tag
        except (CallRefused, NotServed):
            return False


async def answered(call: Awaitable[httpx2.Response]) -> httpx2.Response:
    """Return the answer to a call, which is a 200.

    Raises:
        NotServed: there is none, or it is another.
    """
    try:
        response = await call
    except httpx2.ConnectError as error:
        raise Unreachable("No connection to Cat-o-matic; it may be restarting. Try again in a moment.") from error
    except httpx2.TimeoutException as error:
        raise TooSlow("Cat-o-matic did not answer in time. Try a smaller picture, or again in a moment.") from error
    except httpx2.HTTPError as error:
        raise NotServed("Cat-o-matic broke off in the middle of its answer. Try again in a moment.") from error
    if response.status_code == 404 and _told(response, "part") is not None:
        raise NotMarked(_detail(response, "This picture does not say where that is."))
    if response.status_code == 404:
        raise NoSuchCat(_detail(response, "Cat-o-matic knows no such cat or scene."))
    if response.status_code == 422:
        raise NotPossible(_detail(response, "Cat-o-matic cannot make this picture."))
    if response.status_code == 503:
        raise Unreachable(_detail(response, "Cat-o-matic cannot reach its pictures. Try again in a moment."))
    if response.status_code == 504:
        raise TooSlow(_detail(response, "Cat-o-matic waited too long for its pictures. Try again in a moment."))
    if response.status_code != 200:
        raise NotServed(f"Cat-o-matic answered {response.status_code}.")
    return response


def read_cats(header: str) -> tuple[tuple[dict[str, Any], ...], tuple[dict[str, Any], ...]]:
    """Return the cats with their boxes and the credits from the header `Catomatic-Cats`.

    The policy checks the header's length only: what is in it is read member by member.

    Raises:
        NotServed: it is not what Cat-o-matic says it sends.
    """
    try:
        told = json.loads(header)
        cats = tuple(_cat(cat) for cat in told["cats"])
        credits = tuple(_credit(credit) for credit in told["credits"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NotServed("Cat-o-matic did not say which cats are in the picture.") from error
    return cats, credits


def _cat(cat: Any) -> dict[str, Any]:
    box = {side: cat["box"][side] for side in ("x", "y", "width", "height")}
    if not all(type(value) is int for value in box.values()) or min(box["width"], box["height"]) < 1:
        raise ValueError("a box is four whole numbers")
    return {
        "picture": _matching(_PICTURE_ID, cat["picture"]),
        "breed": _matching(_SLUG, cat["breed"]),
        "pose": _matching(_SLUG, cat["pose"]),
        "box": box,
        "parts": _parts(cat["parts"]),
    }


def _parts(parts: Any) -> list[str]:
    if not isinstance(parts, list) or not all(part in PARTS for part in parts):
        raise ValueError("parts are a list of names that we know")
    return [part for part in PARTS if part in parts]


def _matching(pattern: re.Pattern[str], value: str) -> str:
    if pattern.fullmatch(value) is None:
        raise ValueError(f"does not match {pattern.pattern}")
    return value


def _credit(credit: Any) -> dict[str, Any]:
    author = credit.get("author")
    return {
        **({} if author is None else {"author": _text(author, _MAX_AUTHOR)}),
        "licence": _text(credit["licence"], _MAX_LICENCE),
        "sources": [_text(source, _MAX_SOURCE) for source in credit["sources"]],
    }


def _text(value: Any, most: int) -> str:
    """Return a text as it is: whoever is thanked in half is not thanked."""
    if not isinstance(value, str) or not 1 <= len(value) <= most:
        raise ValueError(f"a text has 1 to {most} characters")
    return value


def _detail(response: httpx2.Response, otherwise: str) -> str:
    """Return the `detail` of a problem document, else `otherwise`."""
    return _told(response, "detail") or otherwise


def _told(response: httpx2.Response, member: str) -> str | None:
    """Return a text of a problem document, if it has it."""
    try:
        text = response.json()[member]
    except (ValueError, KeyError, TypeError):
        return None
    return text[:_MAX_TEXT] if isinstance(text, str) and text else None
