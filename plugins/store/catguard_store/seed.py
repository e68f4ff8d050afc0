"""Seeding: every picture of a source that the database does not have yet."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from catguard_store.admission import Admit, Proposal, Source
from catguard_store.repository import Repository


@dataclass(frozen=True, slots=True)
class Missing:
    """A proposal that is not stored, and the id of what is stored of the same source, if anything is."""

    proposal: Proposal
    replaces: str | None


async def missing(repository: Repository, source: Source) -> tuple[Missing, ...]:
    """What a source has and the database has not, or has in another edition; nothing is drawn or decoded for it."""
    found = []
    for proposal in source.proposals():
        stored = await repository.by_source(proposal.source)
        if stored is None or stored.digest != proposal.digest:
            found.append(Missing(proposal, None if stored is None else stored.id))
    return tuple(found)


async def seed(
    repository: Repository,
    source: Source,
    pictures: Sequence[Missing],
    admit: Admit,
    *,
    at_once: int,
    advance: Callable[[], object],
) -> None:
    """Store what is missing. Killed at any moment and run again it goes on where it was: a picture is one transaction.

    The layers of a scene are stored in the order of `pictures`, so that what is offered by its last one is whole.

    Args:
        repository: Where to; its tables exist.
        source: Where from.
        pictures: What `missing` found.
        admit: Checks and develops one candidate.
        at_once: How many pictures may be developed at the same time.
        advance: Called for each picture that is in place.

    Raises:
        Exception: The first error of any picture; what was stored before it stays.
    """
    developing, writing = asyncio.Semaphore(at_once), asyncio.Lock()

    async def store(wanted: Missing, before: asyncio.Task[None] | None) -> None:
        async with developing:
            admitted = await admit(source.candidate(wanted.proposal))
        if before is not None:
            await before
        async with writing:  # SQLite has one writer; waiting here costs less than its busy handler
            await repository.insert(admitted.picture, admitted.images, replaces=wanted.replaces)
        advance()

    try:
        async with asyncio.TaskGroup() as group:
            latest: dict[str, asyncio.Task[None]] = {}
            for wanted in pictures:
                proposal = wanted.proposal
                queue = proposal.breed if proposal.kind == "scene" else proposal.source  # a cat is alone in its own
                latest[queue] = group.create_task(store(wanted, latest.get(queue)))
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None  # the others are of the same cause, or were cancelled
