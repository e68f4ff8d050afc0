"""Seeds a database in a process that a test kills: python -m tests.plugins.store.seeding URL COUNT; a line per picture."""

from __future__ import annotations

import asyncio
import sys

from sqlalchemy.ext.asyncio import create_async_engine

from catguard_store.admission import admission
from catguard_store.imports.darkroom import Darkroom
from catguard_store.repository import Repository, prepare_connections
from catguard_store.seed import missing, seed

from .pictures import SmallSource


async def main(url: str, count: int) -> None:
    engine = create_async_engine(url)
    prepare_connections(engine)
    repository, source = Repository(engine), SmallSource(count)
    await repository.create()
    async with Darkroom(workers=1) as darkroom:
        wanted = await missing(repository, source)
        admit = admission(darkroom.develop)
        await seed(repository, source, wanted, admit, at_once=1, advance=lambda: print("stored", flush=True))
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
