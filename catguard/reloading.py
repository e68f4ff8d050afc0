"""Loads policies anew while they are in use: whole or not at all, and each attempt is told."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from catguard.engine.snapshots import Engine
from catguard.errors import CatguardError, ConfigurationError, PolicyError
from catguard.failures import report
from catguard.policies.apart import BREAK, load_apart
from catguard.policies.clock import Clock, utc_now
from catguard.policies.compiler import CompiledBoundary, CompiledPolicySet
from catguard.policies.loader import compile_sources
from catguard.policies.model import Action
from catguard.policies.rules import finished
from catguard.policies.sources import Sources
from catguard.policies.watch import LOOK, FileWatch
from catguard.telemetry import ConfigLoaded, Telemetry, Trigger

log = logging.getLogger("catguard.policies")

#: So many boundaries go at once; one takes ten to twenty microseconds.
_GO: Final = 50


@dataclass(frozen=True, slots=True)
class PolicyLoader:
    """Where policies come from, and how they are read.

    Attributes:
        read: Returns the texts as they are now; raises CatguardError.
        component: Whose boundaries are to be ready for exchanges.
        actions: Overrides (glob, action) by the operator.
        clock: Says when waivers end.
    """

    read: Callable[[], Sources]
    component: str
    actions: Sequence[tuple[str, Action]] = ()
    clock: Clock = utc_now

    def compile(self, sources: Sources) -> CompiledPolicySet:
        """Load and compile texts here and now; raises PolicyError and ConfigurationError."""
        compiled = compile_sources(sources, actions=self.actions, clock=self.clock)
        gc.collect()  # what compiling has left free is used for the checks then: 3 kB of each boundary
        finished(compiled.preparing(self.component))
        return compiled

    async def compile_apart(self, sources: Sources) -> CompiledPolicySet:
        """As `compile`, without holding up the event loop."""
        return await load_apart(sources, component=self.component, actions=self.actions, clock=self.clock)


class Reloader:
    """Brings new texts into force for one component, and keeps the old policies on any fault.

    Args:
        engine: Holds the policies.
        component: That must be in them.
        telemetry: Is told of each attempt.
        loader: Where texts come from.
        sources: Those in force.
    """

    def __init__(
        self, engine: Engine, component: str, telemetry: Telemetry, loader: PolicyLoader, sources: Sources
    ) -> None:
        self._engine = engine
        self._component = component
        self._telemetry = telemetry
        self._loader = loader
        self._one_by_one = asyncio.Lock()
        #: Those of the policies before, which an exchange may still have.
        self._before: list[CompiledBoundary] = []
        self.sources = sources

    def reload(self) -> str:
        """Load anew, here and now; returns the revision that decides from now on.

        Raises:
            PolicyError: With every fault of the new text.
            ConfigurationError: What runs cannot do with the new policies.
        """
        with self._told("call"):
            sources = self._loader.read()
            if sources != self.sources:
                self._adopt(self._loader.compile(sources), sources, "call")
            else:
                self._tell_kept("call")
        return self._engine.snapshot.revision

    async def reload_apart(self, trigger: Trigger = "call", *, only_new: bool = False) -> str:
        """As `reload`, without holding up the event loop: requests go on meanwhile.

        Args:
            trigger: What is told of the reason.
            only_new: Tell nothing of a text that is the same.
        """
        async with self._one_by_one:
            with self._told(trigger):
                sources = self._loader.read()
                while sources != (before := self.sources):
                    compiled = await self._loader.compile_apart(sources)
                    if self.sources is before:
                        await _let_go(self._adopt(compiled, sources, trigger))
                        return self._engine.snapshot.revision
                    sources = self._loader.read()  # `reload` took newer texts meanwhile
                if not only_new:
                    self._tell_kept(trigger)
        return self._engine.snapshot.revision

    @asynccontextmanager
    async def watching(self, *, hangup: bool = True) -> AsyncIterator[None]:
        """Reload whenever the files have changed, or SIGHUP comes, for as long as the context is open.

        Args:
            hangup: Whether SIGHUP is listened to; one process may have several guards, and one handler.
        """
        asked = asyncio.Event()
        loop = asyncio.get_running_loop()
        if hangup:
            loop.add_signal_handler(signal.SIGHUP, asked.set)
        task = asyncio.create_task(self._watch(asked))
        try:
            yield
        finally:
            if hangup:
                loop.remove_signal_handler(signal.SIGHUP)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _watch(self, asked: asyncio.Event) -> None:
        files = FileWatch(self.sources.files)
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(asked.wait(), LOOK)
            trigger: Trigger = "signal" if asked.is_set() else "file"
            if not asked.is_set() and not files.look():
                continue
            asked.clear()
            try:
                await self.reload_apart(trigger)
            except CatguardError:
                pass  # told already, and the old policies stay
            except Exception as error:  # noqa: BLE001 # whatever it is, the next change is to be noticed
                report(log, error, "the policies could not be read anew; the old ones stay")
            files.watch(dict.fromkeys((*self.sources.files, *self._read_files())))

    def _read_files(self) -> Sequence[str]:
        try:
            return self._loader.read().files
        except CatguardError:
            return ()

    def _adopt(self, compiled: CompiledPolicySet, sources: Sources, trigger: Trigger) -> list[CompiledBoundary]:
        """Bring policies into force; returns what is left of those before last, for whoever drops it last."""
        if self._component not in compiled.policies.components:
            raise ConfigurationError(f"the new policies declare no component {self._component!r}; the old ones stay")
        replaced, oldest = self._engine.snapshot, self._before
        previous = replaced.revision
        self._engine.swap(compiled)
        self._before = list(replaced.boundaries.values())
        self.sources = sources
        log.info("policies of revision %s are in force, before %s", compiled.revision[:12], previous[:12])
        self._telemetry.config_loaded(ConfigLoaded("applied", trigger, compiled.revision, previous))
        return oldest

    def _tell_kept(self, trigger: Trigger) -> None:
        revision = self._engine.snapshot.revision
        self._telemetry.config_loaded(ConfigLoaded("kept", trigger, revision, revision, "the text is the same"))

    @contextmanager
    def _told(self, trigger: Trigger) -> Iterator[None]:
        """Tell log and telemetry of a text that is rejected, and let the error pass."""
        try:
            yield
        except CatguardError as error:
            revision = self._engine.snapshot.revision
            faults = len(error.faults) if isinstance(error, PolicyError) else 1
            text = "new policies are rejected, those of revision %s stay: %s"
            log.error(text, revision[:12], error)  # noqa: TRY400 # the faults say it, the stack is the loader's
            self._telemetry.config_loaded(ConfigLoaded("rejected", trigger, revision, revision, str(error), faults))
            raise


async def _let_go(boundaries: list[CompiledBoundary]) -> None:
    """Drop old boundaries a few at a time: to free a thousand at once takes 20 ms."""
    while boundaries:
        del boundaries[-_GO:]
        await asyncio.sleep(BREAK)
