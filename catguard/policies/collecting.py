"""What the garbage collector does while policies are made: it would walk over many objects that stay, in vain."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

#: The garbage collector walks over everything once in so many collections of middle-aged objects: not while we load.
_NEVER: Final = 2**30
#: It walks over middle-aged objects once in so many collections of young ones: of ten slices that would take 5 ms.
_MIDDLE: Final = 3


@contextmanager
def uncollected() -> Iterator[None]:
    """Switch the collector off for work in one go: it takes a fifth of the time of a load, and finds little."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


@contextmanager
def lasting() -> Iterator[None]:
    """Keep the collector from walking over all policies at once, now and later: for work in slices, beside requests.

    Young objects are collected meanwhile, those of the requests that are served among them. What there is afterwards
    is not looked at again: policies have no cycles, so that they go when nobody has them any more, frozen or not.
    """
    young, middle, old = gc.get_threshold()
    if old != _NEVER:  # else somebody loads beside us, and sets it back
        gc.set_threshold(young, min(middle, _MIDDLE), _NEVER)
    try:
        yield
    finally:
        if old != _NEVER:
            gc.set_threshold(young, middle, old)
        if gc.isenabled():
            gc.freeze()
