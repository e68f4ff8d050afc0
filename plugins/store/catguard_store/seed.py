"""Seeding: the tables, and every picture of a source that the database does not have yet."""

import asyncio
from collections.abc import Callable

from catguard_store.admission import Admit, Proposal, Source
from catguard_store.repository import Repository


async def seed(
    repository: Repository, source: Source, admit: Admit, *, at_once: int, advance: Callable[[], object]
) -> int:
    """Store what is missing. Killed at any moment and run again it goes on where it was: a picture is one transaction.

    Args:
        repository: Where to; its tables exist.
        source: Where from.
        admit: Checks and develops one candidate.
        at_once: How many pictures may be developed at the same time.
        advance: Called for each picture that is in place.

    Returns:
        How many pictures were stored.

    Raises:
        Exception: The first error of any picture; what was stored before it stays.
    """
    missing: list[tuple[Proposal, str | None]] = []
    for proposal in source.proposals():
        stored = await repository.by_source(proposal.source)
        if stored is not None and stored.digest == proposal.digest:
            advance()
        else:
            missing.append((proposal, None if stored is None else stored.id))
    developing, writing = asyncio.Semaphore(at_once), asyncio.Lock()

    async def store(proposal: Proposal, replaces: str | None) -> None:
        async with developing:
            admitted = await admit(source.candidate(proposal))
        async with writing:  # SQLite has one writer; waiting here costs less than its busy handler
            await repository.insert(admitted.picture, admitted.images, replaces=replaces)
        advance()

    try:
        async with asyncio.TaskGroup() as group:
            for proposal, replaces in missing:
                group.create_task(store(proposal, replaces))
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed
    return len(missing)
