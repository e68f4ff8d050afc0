"""Runs a law over inputs that hypothesis begins and mutation multiplies: a few hundred in each run, 10^6 in the long one.

An example of hypothesis costs milliseconds, most laws microseconds. So in the long mode an example is a base and a
seed, and hundreds of inputs are made of both. They are tried in a process of its own, which the kernel ends when one
input has taken a second of processor time, whoever holds the interpreter's lock by then; so a hang and a crash are told
as an exception is: the input is made again, tried on its own, and made smaller as long as the same happens.

    CATGUARD_SEED=7 CATGUARD_FUZZ=1000000 pytest -n0 -s -m long -k million

`CATGUARD_FUZZ` is the number of inputs of all long runs together; each has its share of them.
"""

from __future__ import annotations

import faulthandler
import mmap
import os
import pickle
import resource
import signal
import struct
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import IO, Any, Generic, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

Law = Callable[[Any], object]
T = TypeVar("T")

#: Processor seconds that one input may take: other processes' work does not count against it.
LONGEST = 1.0
#: Seconds by the clock that one example may take: nothing here waits for anything.
LONGEST_WAIT = 600
INPUTS = int(os.environ.get("CATGUARD_FUZZ", "1000000"))
SEED = int(os.environ.get("CATGUARD_SEED", "1"))
#: For the mark `timeout` of a long run.
TIMEOUT = 4 * 3600

_BATCH = 2_000  # examples: hypothesis remembers those of a run
_SHRINKING = 30  # seconds
_QUIET = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
_SHRINKS = settings(_QUIET, phases=[Phase.explicit, Phase.generate, Phase.shrink])
_SEEDS = st.integers(0, 2**64 - 1)
_COUNT = struct.Struct("Qd")


@dataclass(frozen=True)
class Inputs(Generic[T]):
    """What hypothesis begins with, and what makes so many inputs of `each`."""

    bases: st.SearchStrategy[T]
    vary: Callable[[T, Random], T]
    each: int = 250

    def single(self) -> st.SearchStrategy[T]:
        """Return the inputs as hypothesis makes them, one an example."""
        varied = st.builds(lambda base, number: self.vary(base, Random(number)), self.bases, _SEEDS)
        return self.bases | varied

    def many(self, base: T, number: int) -> Iterator[T]:
        """Yield a base, and what else is made of it."""
        random = Random(number)
        yield base
        for _ in range(self.each - 1):
            yield self.vary(base, random)


def fuzz(law: Law, inputs: Inputs[Any], *, examples: int) -> None:
    """Hold a law for the same few inputs in every run."""

    @settings(_SHRINKS, max_examples=examples, derandomize=True)
    @given(inputs.single())
    def run(value: Any) -> None:
        law(value)

    run()


def fuzz_long(law: Law, inputs: Inputs[Any], *, name: str, share: float) -> None:
    """Hold a law for a share of the inputs of a long run, and within the time that one input may take."""
    wanted = int(INPUTS * share)
    with mmap.mmap(-1, _COUNT.size) as shared, tempfile.TemporaryDirectory() as folder:
        files = Path(folder)
        start = time.monotonic()
        child = _forked(lambda: _try_all(law, inputs, wanted, shared, files), files / "said")
        status = _watched(child, shared, wanted, name)
        count, slowest = _COUNT.unpack_from(shared)
        took = time.monotonic() - start
        print(f"{name}: {count:,} inputs in {took:.0f} s, seed {SEED}, the slowest {slowest * 1000:.0f} ms", flush=True)
        if status == 0:
            return
        base, number, before = pickle.loads((files / "example").read_bytes())
        found = next(value for index, value in enumerate(inputs.many(base, number)) if index == count - before)
        smallest, said = _smallest(law, found)
        said = said or f"on its own it holds; after the others it was:\n{(files / 'said').read_text()}"
        pytest.fail(
            f"{name}, after {count:,} inputs: {found!r:.3000}\nSmaller: {smallest!r:.3000}\n{said:.6000}", pytrace=False
        )


def _try_all(law: Law, inputs: Inputs[Any], wanted: int, shared: mmap.mmap, files: Path) -> None:
    """Try inputs until there were as many as are wanted, and leave a trail of it."""
    count, slowest, batch, parent = 0, 0.0, 0, os.getppid()
    clock, timer, write = time.process_time, signal.setitimer, _COUNT.pack_into
    with (files / "example").open("wb", buffering=0) as trail:
        while count < wanted:
            batch += 1

            @seed(SEED * 1_000_003 + batch)
            @settings(_QUIET, max_examples=min(_BATCH, 1 + (wanted - count) // inputs.each))
            @given(inputs.bases, _SEEDS)
            def run(base: Any, number: int) -> None:
                nonlocal count, slowest
                if count >= wanted or os.getppid() != parent:  # nobody waits any more
                    count = wanted
                    return
                trail.seek(0)
                trail.truncate()
                trail.write(pickle.dumps((base, number, count)))
                timer(signal.ITIMER_REAL, LONGEST_WAIT)
                for value in inputs.many(base, number):
                    timer(signal.ITIMER_PROF, LONGEST)
                    before = clock()
                    law(value)
                    slowest = max(slowest, clock() - before)
                    count += 1
                    write(shared, 0, count, slowest)
                timer(signal.ITIMER_PROF, 0)

            run()


def _watched(child: int, shared: mmap.mmap, wanted: int, name: str) -> int:
    """Wait for a process and say how far it is; returns how it ended."""
    told = started = time.monotonic()
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        time.sleep(0.1)
        now = time.monotonic()
        if now - told > 20:
            told, count = now, _COUNT.unpack_from(shared)[0]
            print(f"{name}: {count:,} of {wanted:,}, {count / (now - started):,.0f} a second", flush=True)


def _forked(work: Callable[[], object], said: Path) -> int:
    """Do some work in a process of its own, in which a second without end is its end; returns the process' id.

    What it raises, and where it was when it took too long, is written to the file `said`.
    """
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        with said.open("w") as file:
            faulthandler.register(signal.SIGPROF, file, chain=True)
            faulthandler.enable(file)
            try:
                work()
                status = 0
            except BaseException as error:  # noqa: BLE001 # whatever it is, the process that waits tells it
                _tell(error, file)
    finally:
        os._exit(status)


def _tell(error: BaseException, file: IO[str]) -> None:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    print(f"{type(error).__name__} at {frame.filename}:{frame.lineno}", file=file)
    print("".join(traceback.format_exception(error))[-6000:], file=file)


def _single(law: Law, value: Any) -> tuple[str, str]:
    """Return what becomes of one input, in a word ("" if the law holds), and all that is said of it."""

    def work() -> None:
        signal.setitimer(signal.ITIMER_PROF, LONGEST)
        signal.setitimer(signal.ITIMER_REAL, LONGEST_WAIT)
        law(value)

    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder) / "said"
        _, status = os.waitpid(_forked(work, said), 0)
        text = said.read_text("utf-8", "replace")
    if status == 0:
        return "", ""
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        return name, f"ended by {name}\n{text[:2000]}"
    return text.partition("\n")[0], text


def _smallest(law: Law, value: Any) -> tuple[Any, str]:
    """Return a smaller input of which the same becomes, and what is said of it: nothing if the law holds for it."""
    word, said = _single(law, value)
    if not word:
        return value, ""
    end = time.monotonic() + _SHRINKING
    again = True
    while again:
        again = False
        for candidate in smaller(value):
            if time.monotonic() > end:
                return value, said
            found, more = _single(law, candidate)
            if found == word:
                value, said, again = candidate, more, True
                break
    return value, said


def smaller(value: Any) -> Iterator[Any]:
    """Yield what is left of a text, bytes, list, tuple or dict without some of it, the least first."""
    match value:
        case str() | bytes() | list() | tuple():
            size = len(value)
            while size:
                for start in range(0, len(value), size):
                    yield value[:start] + value[start + size :]
                size //= 2
            if isinstance(value, list | tuple):
                for index, item in enumerate(value):
                    for inner in smaller(item):
                        yield value[:index] + type(value)([inner]) + value[index + 1 :]
        case dict():
            for key in value:
                yield {other: item for other, item in value.items() if other != key}
            for key, item in value.items():
                for inner in smaller(item):
                    yield {**value, key: inner}
