"""The intake: every picture of a supply is admitted and stored, or told by name why not."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy.exc import IntegrityError

import catguard
from catguard_store.admission import Admit, Proposal
from catguard_store.imports.darkroom import Darkroom
from catguard_store.imports.refusals import refusal_of
from catguard_store.imports.report import Entry, PassedOver, Refusal, Report, Unusable, shown
from catguard_store.imports.supply import Supply
from catguard_store.inventory import everything
from catguard_store.repository import Repository


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes pictures into a store. Killed at any moment and run again it goes on: a picture is one transaction.

    A scene has at most one layer of each name.

    Attributes:
        repository: Where to; its tables exist.
        admit: Checks and develops one candidate.
        darkroom: Where headers are read.
        dry_run: Whether nothing is written.
    """

    repository: Repository
    admit: Admit
    darkroom: Darkroom
    dry_run: bool = False
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _locks: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    _rehearsed: dict[str, Proposal] = field(default_factory=dict)

    async def take(self, supply: Supply, *, advance: Callable[[], object]) -> Report:
        """Take in what is new of a supply.

        Args:
            supply: Where from.
            advance: Called for each of its names that is done with.

        Raises:
            DBAPIError: The database cannot be written; what was stored before stays.
        """
        report = Report(refused=list(supply.refused), passed_over=list(supply.passed_over))
        waiting, reading = iter(supply.names), asyncio.Lock()

        async def work() -> None:
            for name in waiting:
                try:
                    await self._take_one(supply, name, report, reading)
                except Unusable as error:
                    report.refused.append(Refusal(shown(name), str(error)))
                advance()

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self.darkroom.workers):
                    group.create_task(work())
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None  # the others are of the same cause, or were cancelled
        return report

    async def _take_one(self, supply: Supply, name: str, report: Report, reading: asyncio.Lock) -> None:
        async with contextlib.AsyncExitStack() as stack:
            # Files are read in their order: of two with the same bytes the second waits, and finds the first stored.
            async with reading:
                offer = await asyncio.to_thread(supply.offer, name)
                if isinstance(offer, PassedOver):
                    report.passed_over.append(offer)
                    return
                proposal = offer.proposal
                # The layers of a scene wait for each other: its back, which comes last, is stored last.
                for key in (proposal.id, proposal.source, *([f"scene {proposal.breed}"] if proposal.layer else [])):
                    await stack.enter_async_context(self._locks[key])
            if (stored := await self._stored(proposal)) is not None:
                report.duplicates.append(Entry(shown(name), proposal.id, stored))
                return
            candidate, note = await offer.candidate(self.darkroom)
            try:
                admitted = await self.admit(candidate)
            except catguard.CallRefused as error:
                report.refused.append(refusal_of(shown(name), error, candidate))
                return
            entry = Entry(shown(name), proposal.id, _named(proposal), note)
            if self.dry_run:
                self._rehearsed.update(dict.fromkeys((proposal.id, proposal.source, _layer(proposal)), proposal))
                report.imported.append(entry)
                report.renamed.update(offer.renamed)
                return
            async with self._writing:  # SQLite has one writer; waiting here costs less than its busy handler
                try:
                    new = await self.repository.insert(admitted.picture, admitted.images)
                except IntegrityError as error:  # another import was faster
                    raise Unusable(f"another picture from {proposal.source} was stored meanwhile") from error
            (report.imported if new else report.duplicates).append(entry)
            report.renamed.update(offer.renamed)

    async def _stored(self, proposal: Proposal) -> str | None:
        """What is stored under the same id: the same picture.

        Raises:
            Unusable: Another one has that id, or its source.
        """
        found = self._rehearsed.get(proposal.id) or await self.repository.picture(proposal.id)
        if found is not None and found.digest != proposal.digest:
            raise Unusable(f"its id {proposal.id} is that of another picture")
        other = self._rehearsed.get(proposal.source) or await self.repository.by_source(proposal.source)
        if found is None and other is not None:
            raise Unusable(f"another edition of {proposal.source} is stored: {other.id}; remove that first")
        if found is None and proposal.layer is not None and (taken := await self._layer_of(proposal)) is not None:
            raise Unusable(f"the scene {proposal.breed} has a {proposal.layer}: {taken}; remove that first")
        return None if found is None else f"{found.breed}, {found.layer or found.pose}"

    async def _layer_of(self, proposal: Proposal) -> str | None:
        """Id of the layer of the same name that the same scene has already."""
        if (rehearsed := self._rehearsed.get(_layer(proposal))) is not None:
            return rehearsed.id
        stored = everything(self.repository, kind="scene", breed=proposal.breed)
        return next((one.id for one in [one async for one in stored] if one.layer == proposal.layer), None)


def _layer(proposal: Proposal) -> str:
    """A key that no id or source is."""
    return f"scene {proposal.breed} {proposal.layer}"


def _named(proposal: Proposal) -> str:
    return f"{proposal.breed}, {proposal.layer or proposal.pose}"
