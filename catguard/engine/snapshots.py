"""Holds the policy set in force, swaps it in whole, and lets an exchange keep the one that it began with."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Generic, TypeVar
from weakref import WeakSet

from catguard.policies.compiler import CompiledPolicySet

T = TypeVar("T")
#: Returns a policy set with a candidate beside it.
Beside = Callable[[CompiledPolicySet], CompiledPolicySet]


class Engine:
    """The policy set that decides the exchanges of one component.

    `snapshot` is what an exchange that begins now is decided by; a swap is one assignment.
    """

    __slots__ = ("_beside", "_live", "_prepared", "snapshot")

    def __init__(self, compiled: CompiledPolicySet) -> None:
        self.snapshot = self._live = compiled
        self._beside: Beside | None = None
        self._prepared: WeakSet[Prepared[object]] = WeakSet()

    def current(self) -> CompiledPolicySet:
        """Return the policy set of the exchange that this code runs in, else the one in force."""
        held = _held.get()
        if held is not None and held.engine is self and held.snapshot is not None:
            return held.snapshot
        return self.snapshot

    def hold(self, snapshot: CompiledPolicySet) -> Hold:
        """Return a context manager inside which `current` is `snapshot`, in calls to others too."""
        return Hold(self, snapshot)

    def swap(self, compiled: CompiledPolicySet) -> None:
        """Let all exchanges that begin from now on be decided by another policy set.

        Raises:
            ConfigurationError: Code that is running cannot do with it; nothing was swapped.
        """
        snapshot = self._beside(compiled) if self._beside is not None else compiled
        for prepared in list(self._prepared):
            prepared.of(snapshot)
        self._live = compiled
        self.snapshot = snapshot

    def propose(self, beside: Beside | None) -> None:
        """Let a candidate decide beside the policy set in force, and beside those that come; None ends that."""
        self._beside = beside
        self.swap(self._live)

    def prepares(self, prepared: Prepared[object]) -> None:
        """Let something be prepared for each new policy set before it comes into force, for as long as it exists."""
        self._prepared.add(prepared)


class Prepared(Generic[T]):
    """What is derived from a policy set once and looked at in each exchange: routes, ways, statements.

    Args:
        engine: Whose policy sets these are.
        make: Derives it; a ConfigurationError keeps the policy set from coming into force.
    """

    __slots__ = ("__weakref__", "_kept", "_make")

    def __init__(self, engine: Engine, make: Callable[[CompiledPolicySet], T]) -> None:
        self._make = make
        self._kept: tuple[tuple[CompiledPolicySet, T], ...] = ((engine.snapshot, make(engine.snapshot)),)
        engine.prepares(self)  # type: ignore[arg-type] # nobody puts anything into it

    def of(self, snapshot: CompiledPolicySet) -> T:
        """Return what belongs to a policy set; that of the one before is kept for the exchanges that still have it."""
        for known, value in self._kept:
            if known is snapshot:
                return value
        value = self._make(snapshot)
        self._kept = ((snapshot, value), *self._kept[:1])
        return value


class Hold:
    """Keeps an exchange's policy set; a task that outlives the exchange goes on with the one in force."""

    __slots__ = ("_token", "engine", "snapshot")

    def __init__(self, engine: Engine, snapshot: CompiledPolicySet) -> None:
        self.engine = engine
        self.snapshot: CompiledPolicySet | None = snapshot
        self._token: Token[Hold | None] | None = None

    def __enter__(self) -> None:
        self._token = _held.set(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.snapshot = None
        if self._token is not None:
            _held.reset(self._token)


_held: ContextVar[Hold | None] = ContextVar("catguard.held", default=None)
