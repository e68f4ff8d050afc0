"""The inventory: everything that is stored, page by page, and what is said of one picture to people."""

from collections.abc import AsyncIterator
from typing import Final

from catguard_store.menu import LIMIT, read_menu
from catguard_store.records import Image, Picture
from catguard_store.repository import Repository

PAGE: Final = 60
"""The policy lets no statement read more rows."""

KINDS: Final = ("cat", "scene")
DRAWN: Final = "drawn/"
"""What the sources of the store's own drawings begin with."""


async def everything(
    repository: Repository, *, kind: str | None = None, breed: str | None = None
) -> AsyncIterator[Picture]:
    """All pictures, cats first, by their ids."""
    for one in KINDS if kind is None else (kind,):
        after: str | None = None
        while page := await repository.find(limit=PAGE, kind=one, breed=breed, after=after):
            for picture in page:
                yield picture
            after = page[-1].id


async def images(repository: Repository, picture: Picture) -> list[Image]:
    """The stored images of a picture, ascending."""
    found = [await repository.image(picture.id, width) for width in picture.widths]
    return [image for image in found if image is not None]


def is_drawn(picture: Picture) -> bool:
    """Whether the store drew it itself, and would draw it again."""
    return picture.source.startswith(DRAWN)


def credit(picture: Picture) -> str:
    """Whom to thank, as it stands below what the picture is shown in."""
    return ", ".join(part for part in (picture.author, picture.licence) if part)


async def use(repository: Repository, picture: Picture) -> str:
    """What the picture is there for; nothing, where its breed or scene is not on the menu."""
    if picture.kind == "scene":
        used = f"the {picture.layer} of the scene {picture.breed}"
    else:
        alike = await repository.count(kind="cat", breed=picture.breed)
        shown = "a framed card, as it has no transparency" if picture.opaque else "a cut-out that stands in scenes"
        used = f"1 of {alike} of the breed {picture.breed}: {shown}"
    if (await read_menu(repository.engine)).offers(picture.kind, picture.breed):
        return used
    return (
        f"not now: {used}, but the menu has no more than {LIMIT} names, and {picture.breed} has too few pictures; more "
        "of it, or fewer other names, bring it there"
    )
