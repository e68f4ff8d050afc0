"""The store as a tier: how its parts are put together from the context that the host hands in."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import ASGIApp

import catguard
from catguard_store.admission import admission, admit_args, admit_result
from catguard_store.app import Handlers
from catguard_store.drawings import EVERYTHING, Drawings
from catguard_store.imports.darkroom import Darkroom
from catguard_store.imports.report import Unusable
from catguard_store.menu import read_menu
from catguard_store.repository import Repository, prepare_connections
from catguard_store.seed import Missing, missing, seed


def app(context: catguard.TierContext) -> ASGIApp:
    """The app of one worker."""
    database = _database(context)
    handlers = Handlers(Repository(database), partial(read_menu, database))
    return context.app(
        {"find": handlers.find, "picture": handlers.picture, "image": handlers.image, "menu": handlers.menu}
    )


OPENING = 5
"""So many drawings are stored before anybody is served, a scene and some cats: the first page is not an empty one."""


async def prepare(context: catguard.TierContext) -> None:
    """Make the tables, and see to the first few drawings.

    Raises:
        ConfigurationError: The database cannot be opened, reached or written, or the drawings chosen do not exist.
        CallRefused: The policy does not admit a drawing.
    """
    source = _drawings(context)
    repository = await open_repository(context)
    opening = {proposal.source for proposal in source.proposals()[:OPENING]}
    wanted = [each for each in await missing(repository, source) if each.proposal.source in opening]
    await _draw(context, source, repository, wanted, "drawing the first pictures")


async def fill(context: catguard.TierContext) -> None:
    """Store the drawings that are not stored yet, while the workers serve those that are.

    Raises:
        ConfigurationError: The database cannot be opened, or the drawings chosen do not exist.
        CallRefused: The policy does not admit a drawing.
    """
    source, repository = _drawings(context), Repository(_database(context))
    await _draw(context, source, repository, await missing(repository, source), "drawing pictures")


async def _draw(
    context: catguard.TierContext, source: Drawings, repository: Repository, wanted: Sequence[Missing], doing: str
) -> None:
    if not wanted:
        return
    # In processes of their own, since the SVG renderer holds the GIL. Our own drawings end, however busy it is here.
    async with Darkroom(wait_seconds=None) as darkroom:
        admit = context.call("admit", args=admit_args, result=admit_result)(admission(darkroom.develop))
        with context.progress(doing, len(wanted)) as progress:
            try:
                await seed(repository, source, wanted, admit, at_once=darkroom.workers, advance=progress.advance)
            except Unusable as error:
                raise catguard.CatguardError(
                    f"a drawing cannot be made: {error}; those before it are stored, and the next start goes on there"
                ) from error


async def open_repository(context: catguard.TierContext) -> Repository:
    """The store's pictures, with tables that were made where they were missing.

    Raises:
        ConfigurationError: The database cannot be opened, reached or written.
    """
    database = _database(context)
    repository = Repository(database)
    with reachable(database, "the store's tables cannot be made"):
        await repository.create()
    return repository


# By what SQLite (SQLITE_FULL, SQLITE_NOTADB, SQLITE_CORRUPT), PostgreSQL (53100) and the system say.
_REMEDIES = {
    "disk is full": "make room on its disk",
    "No space left on device": "make room on its disk",
    "not a database": "move that file away",
    "malformed": "move that file away, or restore it",
}


@contextmanager
def reachable(database: AsyncEngine, failure: str) -> Iterator[None]:
    """Say of an error of the database what failed and what to do about it.

    Raises:
        ConfigurationError: In place of what SQLAlchemy raises.
    """
    try:
        yield
    except DBAPIError as error:
        place = database.url.render_as_string(hide_password=True)
        reason = str(error.orig).partition("\n")[0]
        remedy = next((todo for said, todo in _REMEDIES.items() if said in reason), "start the database")
        raise catguard.ConfigurationError(
            f"{failure} in {place}: {reason}; {remedy}, or give another one by CATGUARD_STORE_DATABASE"
        ) from error


def _drawings(context: catguard.TierContext) -> Drawings:
    """The drawings of the setting `drawings`, else all of them."""
    try:
        return Drawings(context.settings.get("drawings") or EVERYTHING)
    except ValueError as error:
        raise catguard.ConfigurationError(f"CATGUARD_STORE_DRAWINGS: {error}") from error


def _database(context: catguard.TierContext) -> AsyncEngine:
    """The database of the setting `database`, else an SQLite file in the tier's own folder."""
    url = context.settings.get("database") or f"sqlite+aiosqlite:///{context.data / 'store.db'}"
    try:
        engine = context.database(url)
    except catguard.ConfigurationError as error:
        raise catguard.ConfigurationError(
            f"CATGUARD_STORE_DATABASE: {error}; write sqlite+aiosqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"
        ) from error
    prepare_connections(engine)
    return engine
