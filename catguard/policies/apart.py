"""Loads policies beside a running event loop: read and judged in a process of its own, compiled in small slices.

A thread would not do: it holds the interpreter for milliseconds at a time, and requests wait for it.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import pickle
import sys
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, TypeVar

from catguard.errors import CatguardError, ConfigurationError, PolicyError
from catguard.policies.clock import Clock, utc_now
from catguard.policies.collecting import lasting
from catguard.policies.compiler import CompiledPolicySet, compiling
from catguard.policies.loader import compile_sources
from catguard.policies.model import Action, Boundary, PolicySet
from catguard.policies.sources import Sources

#: Seconds of work between two breaks, and of a break: a request meets one slice, seldom two.
SLICE: Final = 0.001
BREAK: Final = 0.004
#: So many boundaries are read between two breaks; one takes a fifth of a millisecond.
PARTS: Final = 4
#: Seconds after which the process that loads them is ended: a thousand boundaries take two.
PATIENCE: Final = 120.0
#: Whoever serves goes first.
NICENESS: Final = 5
_CLOCK: Final = "clock"
T = TypeVar("T")


async def load_apart(
    sources: Sources,
    *,
    component: str,
    actions: Sequence[tuple[str, Action]] = (),
    clock: Clock = utc_now,
) -> CompiledPolicySet:
    """Load and compile policies while the loop goes on.

    Args:
        sources: The texts.
        component: Whose checks are made now; those of others are made when they are asked.
        actions: Overrides (glob, action) by the operator.
        clock: Says when waivers end.

    Raises:
        PolicyError: With every fault.
        ConfigurationError: An override matches nothing, or the process that loads them ended without an answer.
    """
    order = json.dumps([sources.as_data(), list(actions)]).encode()
    answer = await _ask(order)
    first, *rest = pickle.loads(answer)  # our own child wrote it into its pipe
    found = _Answer(first, clock).load()
    if isinstance(found, CatguardError):
        raise found
    policies: PolicySet = found
    with lasting():
        boundaries: list[Boundary] = []
        for part in rest:
            boundaries.append(_Answer(part, clock).load())
            await asyncio.sleep(BREAK if len(boundaries) % PARTS == 0 else 0)
        compiled, faults = await _gently(compiling(_together(policies, boundaries)))
        if faults:
            raise PolicyError(faults)
        await _gently(compiled.preparing(component))
        return compiled


async def _gently(steps: Generator[None, None, T]) -> T:
    """Return what steps come to, taken in slices with breaks between them."""
    while True:
        until = time.perf_counter() + SLICE
        while time.perf_counter() < until:
            try:
                next(steps)
            except StopIteration as done:
                result: T = done.value
                return result
        await asyncio.sleep(BREAK)


async def _ask(order: bytes) -> bytes:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from catguard.policies.apart import main; main()",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    try:
        answer, _ = await asyncio.wait_for(process.communicate(order), PATIENCE)
    except BaseException as error:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        if isinstance(error, TimeoutError):
            raise ConfigurationError(f"policies are not loaded within {PATIENCE:.0f} s; the old stay") from None
        raise
    if process.returncode or not answer:
        raise ConfigurationError(f"the process that loads the policies ended with {process.returncode}; the old stay")
    return answer


class _Written(pickle.Pickler):
    """Leaves the clock out: it is the reader's."""

    def persistent_id(self, found: Any) -> str | None:
        return _CLOCK if found is utc_now else None


class _Answer(pickle.Unpickler):
    """Reads a part of the answer."""

    def __init__(self, part: bytes, clock: Clock) -> None:
        super().__init__(io.BytesIO(part))
        self._clock = clock

    def persistent_load(self, pid: Any) -> Clock:
        return self._clock


def _answer(order: bytes) -> bytes:
    """Load what an order names; returns the policy set, its components each by itself, or the error."""
    data, actions = json.loads(order)
    overrides = [(glob, action) for glob, action in actions]
    try:
        compiled = compile_sources(Sources.of_data(data), actions=overrides)
    except CatguardError as error:
        return pickle.dumps([_written(error)])
    policies = compiled.policies
    bare = {name: replace(found, inbound={}, outbound={}) for name, found in policies.components.items()}
    parts = [replace(policies, components=bare), *policies.boundaries()]
    return pickle.dumps([_written(part) for part in parts])


def _together(policies: PolicySet, boundaries: Iterable[Boundary]) -> PolicySet:
    """Return a policy set with the boundaries that were sent behind it."""
    sides: dict[tuple[str, str], dict[str, Boundary]] = {}
    for found in boundaries:
        sides.setdefault((found.component, found.side), {})[found.operation] = found
    components = {
        name: replace(found, inbound=sides.get((name, "inbound"), {}), outbound=sides.get((name, "outbound"), {}))
        for name, found in policies.components.items()
    }
    return replace(policies, components=components)


def _written(part: object) -> bytes:
    file = io.BytesIO()
    _Written(file, pickle.HIGHEST_PROTOCOL).dump(part)
    return file.getvalue()


def main() -> None:
    """Answer the order on standard input; run by `load_apart`."""
    os.nice(NICENESS)
    sys.stdout.buffer.write(_answer(sys.stdin.buffer.read()))
