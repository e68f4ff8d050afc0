from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable

import pytest
from hypothesis import strategies as st

from tests import fuzzing
from tests.fuzzing import Inputs, fuzz_long, smaller

NUMBERS = Inputs(st.just("a"), lambda text, random: text + random.choice("abq"))


def raising(text: str) -> None:
    if "q" in text:
        raise LookupError(text)


def endless(text: str) -> None:
    if "q" in text:
        re.match(r"(a+)+$", "a" * 60 + "b")  # in C, with the interpreter's lock


def dying(text: str) -> None:
    if "q" in text:
        os.kill(os.getpid(), signal.SIGSEGV)


@pytest.mark.parametrize(
    ("law", "said"),
    [
        (raising, "LookupError at .*LookupError: q"),
        (endless, "ended by SIGPROF.*in endless"),
        (dying, "ended by SIGSEGV.*in dying"),
    ],
)
def test_input_that_breaks_a_law_is_told_as_small_as_it_can_be(
    law: Callable[[str], None], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fuzzing, "INPUTS", 1000)
    monkeypatch.setattr(fuzzing, "LONGEST", 0.1)
    with pytest.raises(pytest.fail.Exception, match=f"(?s)'aq'\nSmaller: 'q'\n{said}"):
        fuzz_long(law, NUMBERS, name="text", share=1)


def test_input_that_breaks_a_law_after_others_only_is_told_with_what_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzzing, "INPUTS", 1000)
    seen: list[str] = []

    def third(text: str) -> None:
        seen.append(text)
        assert len(seen) < 3, "no third"

    with pytest.raises(pytest.fail.Exception, match=r"(?s)after 2 inputs.*on its own it holds.*no third"):
        fuzz_long(third, NUMBERS, name="text", share=1)


def test_law_that_holds_is_tried_as_often_as_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fuzzing, "INPUTS", 1000)
    fuzz_long(len, NUMBERS, name="text", share=0.5)
    assert "text: 500 inputs" in capsys.readouterr().out


def test_smaller_takes_something_away_at_any_depth() -> None:
    found = list(smaller({"a": ["xy"], "b": 1}))
    assert {"b": 1} in found
    assert {"a": ["x"], "b": 1} in found
