"""Each typical mistake of an author is told once: where it is, what is wrong in the author's words, what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from catguard.errors import PolicyError
from catguard.policies.loader import load_compiled
from tests.policies.authoring import MAIN, MISTAKES, TEAM, TEXTS, write
from tests.test_texts import pinned


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What is told of each mistake."""
    folder = tmp_path_factory.mktemp("bakery")
    found = {}
    for name in MISTAKES:
        try:
            load_compiled(write(folder, name))
        except PolicyError as error:
            found[name] = [str(fault).replace(f"{folder}/", "") for fault in error.faults]
    return found


def test_the_policy_without_a_mistake_loads(tmp_path: Path) -> None:
    assert load_compiled(write(tmp_path)).policies.files == tuple(str(tmp_path / name) for name in (MAIN, TEAM))


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_once_and_where_it_is(told: dict[str, list[str]], name: str) -> None:
    (fault,) = told[name]
    file, line, column, _ = fault.split(":", 3)
    assert file in TEXTS
    assert int(line) >= 1
    assert int(column) >= 1


def test_mistakes_are_told_in_these_words(told: dict[str, list[str]]) -> None:
    pinned("mistakes-of-authors", "\n".join(f"{name}:\n  {fault}" for name in MISTAKES for fault in told[name]))
