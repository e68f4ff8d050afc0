"""Runs a law over texts that hypothesis makes: a few hundred in each run, as many as are asked for in the long one.

`CATGUARD_FUZZ` is the number of inputs of a long run (1,000,000), `CATGUARD_FUZZ_MINUTES` ends it earlier (20).
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

#: Processor seconds that one input may take: other processes' work does not count against it.
LONGEST = 1.0
MINUTES = float(os.environ.get("CATGUARD_FUZZ_MINUTES", "20"))
INPUTS = int(os.environ.get("CATGUARD_FUZZ", "1000000"))
#: For the mark `timeout` of a long run.
TIMEOUT = MINUTES * 60 + 600

_WORD = re.compile(r"[\w$/.#-]+|\{[^{}]*\}|\[[^\[\]]*\]")
_QUIET = settings(
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)


def in_time(law: Callable[[Any], object], value: Any) -> None:
    """Hold a law for one input, within the time that one may take."""
    start = time.process_time()
    law(value)
    seconds = time.process_time() - start
    assert seconds < LONGEST, f"{seconds:.1f} s for {value!r:.1000}"


def fuzz(law: Callable[[Any], object], inputs: st.SearchStrategy[Any], *, examples: int) -> None:
    """Hold a law for the same few inputs in every run."""

    @settings(_QUIET, max_examples=examples, derandomize=True)
    @given(inputs)
    def run(value: Any) -> None:
        in_time(law, value)

    run()


def fuzz_long(law: Callable[[Any], object], inputs: st.SearchStrategy[Any]) -> int:
    """Hold a law for as many other inputs as are asked for, or as the time allows; returns how many there were."""
    end = time.monotonic() + MINUTES * 60
    count = 0
    batch = min(INPUTS, 5_000)  # hypothesis remembers every input of a run
    while count < INPUTS and time.monotonic() < end:

        @settings(_QUIET, max_examples=batch)
        @given(inputs)
        def run(value: Any) -> None:
            nonlocal count
            count += 1
            in_time(law, value)

        run()
    print(f"{count} inputs")
    return count


def mutated(texts: Sequence[str], pieces: Sequence[str]) -> st.SearchStrategy[str]:
    """Texts that differ from one of `texts` in a few places, with `pieces` among what stands there instead."""
    place = st.floats(0, 1, exclude_max=True)
    character = st.characters(codec=None, exclude_categories=())
    inserted = st.one_of(st.sampled_from(pieces), character)
    edit = st.tuples(st.sampled_from(_EDITS), place, place, inserted)
    return st.builds(_edited, st.sampled_from(list(texts)), st.lists(edit, min_size=1, max_size=5))


def _edited(text: str, edits: Sequence[tuple[Callable[..., str], float, float, str]]) -> str:
    for edit, first, second, piece in edits:
        text = edit(text, first, second, piece)
    return text


def _insert(text: str, first: float, _: float, piece: str) -> str:
    at = int(first * (len(text) + 1))
    return text[:at] + piece + text[at:]


def _cut(text: str, first: float, second: float, _: str) -> str:
    at = int(first * (len(text) + 1))
    return text[:at] + text[at + 1 + int(second * 20) :]


def _drop_line(text: str, first: float, _second: float, _: str) -> str:
    lines = text.split("\n")
    del lines[int(first * len(lines))]
    return "\n".join(lines)


def _repeat_line(text: str, first: float, second: float, _: str) -> str:
    lines = text.split("\n")
    lines.insert(int(second * len(lines)), lines[int(first * len(lines))])
    return "\n".join(lines)


def _indent(text: str, first: float, second: float, _: str) -> str:
    lines = text.split("\n")
    at = int(first * len(lines))
    lines[at] = " " * (1 + int(second * 4)) + lines[at]
    return "\n".join(lines)


def _put_word(text: str, first: float, _: float, piece: str) -> str:
    words = list(_WORD.finditer(text))
    if not words:
        return piece
    word = words[int(first * len(words))]
    return text[: word.start()] + piece + text[word.end() :]


def _copy_word(text: str, first: float, second: float, _: str) -> str:
    words = _WORD.findall(text)
    return _put_word(text, first, second, words[int(second * len(words))]) if words else text


_EDITS = (_insert, _cut, _drop_line, _repeat_line, _indent, _put_word, _put_word, _copy_word, _copy_word)
