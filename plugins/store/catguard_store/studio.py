"""The studio: processes of their own in which pictures are developed, since the SVG renderer holds the GIL."""

import asyncio
import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from types import TracebackType
from typing import Self

from catguard_store.admission import Developed


class Studio:
    """Runs what develops pictures, `workers` at a time; a context manager, processes start with the first picture."""

    def __init__(self, *, workers: int | None = None) -> None:
        self.workers = workers or max(1, len(os.sched_getaffinity(0)))
        self._pool = ProcessPoolExecutor(
            self.workers, mp_context=multiprocessing.get_context("spawn"), initializer=_end_with_parent
        )

    async def develop(self, work: Callable[[], Developed]) -> Developed:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)


def _end_with_parent() -> None:
    """A pool's workers outlive a parent that is killed, waiting for work for ever; these do not."""
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
