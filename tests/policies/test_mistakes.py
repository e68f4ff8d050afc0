"""Each typical mistake of an author is told once: where it is, what is wrong in the author's words, what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from catguard.errors import PolicyError
from catguard.policies.loader import load_compiled
from tests.policies.authoring import MAIN, MISTAKES, TEXTS, write
from tests.test_texts import pinned


def told(folder: Path, name: str) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        load_compiled(write(folder, name))
    return [str(fault).replace(f"{folder}/", "") for fault in caught.value.faults]


def test_the_policy_without_a_mistake_loads(tmp_path: Path) -> None:
    assert load_compiled(write(tmp_path)).policies.files == tuple(
        str(tmp_path / name) for name in (MAIN, "team/oven.yaml")
    )


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_once_and_where_it_is(tmp_path: Path, name: str) -> None:
    (fault,) = told(tmp_path, name)
    file, line, column, _ = fault.split(":", 3)
    assert file in TEXTS
    assert int(line) >= 1
    assert int(column) >= 1


def test_mistakes_are_told_in_these_words(tmp_path: Path) -> None:
    lines = [f"{name}:\n  {fault}" for name in MISTAKES for fault in told(tmp_path, name)]
    pinned("mistakes-of-authors", "\n".join(lines))
