"""The darkroom: processes of their own, under limits, in which pictures are drawn, and strangers' ones decoded.

A decoder that dies, hangs or wants too much takes with it the one picture that it was at, and is replaced.
"""

import asyncio
import hashlib
import json
import os
import pickle
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from types import TracebackType
from typing import Any, Final, Self

from catguard_store.admission import Developed
from catguard_store.imports.decoder import LENGTHS
from catguard_store.imports.developing import Facts, look
from catguard_store.imports.report import Unusable
from catguard_store.records import Image
from catguard_store.renditions import MAX_BYTES, MEDIA

MEMORY: Final = 1024**3
"""Bytes above what an idle decoder has: 40 megapixels take 160 MB, and are in memory up to four times."""

CPU_SECONDS: Final = 30
"""A picture of 40 megapixels takes about 3 s."""

WAIT_SECONDS: Final = 4 * CPU_SECONDS
"""Until a decoder that uses no CPU time is given up; machines that are busy may need so long for the CPU time."""

MAX_DOCUMENT: Final = 1024 * 1024
MAX_IMAGES: Final = 8


class Darkroom:
    """Runs what develops pictures, `workers` at a time; an async context manager, processes start when needed.

    Its processes end with whoever has it, however that dies: each reads its next question from a pipe that then closes.

    Args:
        workers: As many as there are cores, if nobody says.
        memory: Bytes that a picture may take.
        cpu_seconds: That it may take.
        wait_seconds: Until a process that answers nothing is given up; None for never.
    """

    def __init__(
        self,
        *,
        workers: int | None = None,
        memory: int = MEMORY,
        cpu_seconds: int = CPU_SECONDS,
        wait_seconds: float | None = WAIT_SECONDS,
    ) -> None:
        self.workers = workers or max(1, len(os.sched_getaffinity(0)))
        self._command = (sys.executable, "-P", "-m", "catguard_store.imports.decoder", str(memory), str(cpu_seconds))
        self._cpu_seconds = cpu_seconds
        self._wait_seconds = wait_seconds
        self._free: asyncio.LifoQueue[Process | None] = asyncio.LifoQueue()
        for _ in range(self.workers):
            self._free.put_nowait(None)

    async def look(self, data: bytes) -> Facts:
        """Read the header of a picture; raises Unusable."""
        document, _ = await self._ask(partial(look, data))
        kind, width, height, frames = document["facts"]
        return Facts(str(kind), int(width), int(height), int(frames))

    async def develop(self, work: Callable[[], Developed]) -> Developed:
        """Run what develops a picture; raises Unusable."""
        document, blobs = await self._ask(work)
        found = document["developed"]
        images = tuple(
            Image(int(width), int(height), MEDIA, blob, hashlib.sha256(blob).hexdigest())
            for (width, height), blob in zip(found["images"], blobs, strict=True)
        )
        anchors = {str(name): (float(x), float(y)) for name, (x, y) in found["anchors"].items()}
        return Developed(images, anchors, opaque=bool(found["opaque"]))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        while not self._free.empty():
            process = self._free.get_nowait()
            if process is not None:
                await _end(process)

    async def _ask(self, work: Callable[[], Any]) -> tuple[dict[str, Any], list[bytes]]:
        question = pickle.dumps(work)
        async with self._decoder() as process:
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                async with asyncio.timeout(self._wait_seconds):
                    process.stdin.write(LENGTHS.pack(len(question)))
                    process.stdin.write(question)
                    await process.stdin.drain()
                    document, blobs = await _answer(process.stdout)
            except (asyncio.IncompleteReadError, ConnectionError):
                raise Unusable(self._death(await process.wait())) from None
            except TimeoutError:
                raise Unusable(f"it was not decoded within {self._wait_seconds:g} s") from None
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise Unusable(f"its decoder answered what is no answer: {error}") from None
        if "unusable" in document:
            raise Unusable(str(document["unusable"]))
        return document, blobs

    @asynccontextmanager
    async def _decoder(self) -> AsyncIterator[Process]:
        """A process of one's own for a question; what it was asked in vain it is not asked again."""
        process = await self._free.get()
        try:
            if process is None or process.returncode is not None:
                process = await self._start()
            yield process
        except BaseException:
            if process is not None:
                await _end(process)
            process = None
            raise
        finally:
            self._free.put_nowait(process)

    async def _start(self) -> Process:
        # One arena for memory: each further one reserves 64 MiB of what is allowed.
        environment = {**os.environ, "MALLOC_ARENA_MAX": "1"}
        return await asyncio.create_subprocess_exec(*self._command, stdin=PIPE, stdout=PIPE, env=environment)

    def _death(self, code: int) -> str:
        if code == -signal.SIGXCPU:
            return f"it takes more than {self._cpu_seconds} s of CPU time to decode"
        if code < 0:
            return f"its decoder died of it ({signal.Signals(-code).name})"
        return f"its decoder ended with exit code {code}"


async def _answer(stream: asyncio.StreamReader) -> tuple[dict[str, Any], list[bytes]]:
    """Read an answer, no more than an honest decoder would send; raises ValueError for another one."""
    (length,) = LENGTHS.unpack(await stream.readexactly(LENGTHS.size))
    if length > MAX_DOCUMENT:
        raise ValueError(f"a document of {length} bytes")
    document = json.loads(await stream.readexactly(length))
    lengths = [int(blob) for blob in document["blobs"]]
    if len(lengths) > MAX_IMAGES or not all(0 < length <= MAX_BYTES for length in lengths):
        raise ValueError(f"images of {lengths} bytes")
    return document, [await stream.readexactly(length) for length in lengths]


async def _end(process: Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
    await process.communicate()
