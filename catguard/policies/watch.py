"""Says when files have changed and stayed as they are for a moment, so that nobody reads what is half written."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable

#: Seconds for which files must have stayed the same: longer than an editor or a copy takes between two writes.
STABLE = 0.2
#: Seconds between two looks; a look is one stat a file.
LOOK = 0.1

_State = tuple[int, int, int] | None


class FileWatch:
    """Watches files by their times, sizes and numbers; a file may be missing, and may come.

    Args:
        files: their paths.
        stable: seconds.
        clock: seconds that only ever go up.
    """

    def __init__(
        self, files: Iterable[str], *, stable: float = STABLE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stable = stable
        self._clock = clock
        self._known: dict[str, _State] = {}
        self._changed: dict[str, _State] | None = None
        self._since = 0.0
        self.watch(files)

    def watch(self, files: Iterable[str]) -> None:
        """Watch these files from now on; of those watched before, what has changed meanwhile is still told."""
        self._known = {file: self._known[file] if file in self._known else _state(file) for file in files}

    def look(self) -> bool:
        """Whether something has changed since this was last true, and has stayed so for long enough."""
        found = {file: _state(file) for file in self._known}
        if found == self._known:
            self._changed = None
            return False
        if found != self._changed:
            self._changed, self._since = found, self._clock()
            return False
        if self._clock() - self._since < self._stable:
            return False
        self._known, self._changed = found, None
        return True


def _state(file: str) -> _State:
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
