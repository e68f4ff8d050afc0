from __future__ import annotations

from dataclasses import replace

import pytest

from catguard.engine.decision import Violation

PLAIN = Violation(
    assumption="body/additionalProperties",
    boundary="shelf.inbound.put",
    side="inbound",
    phase="request",
    where="/body/z",
    limit="nothing but width",
    message="'z' is not declared",
    why="",
    owner="Shelf (#shelf)",
    policy="shelf.yaml:26:1",
)


def named(name: str) -> Violation:
    """The violation of a request that made up a name, which nobody masked."""
    return replace(PLAIN, where=f"/body/{name}", message=f"{name} is not declared")


def test_violation_as_text_says_where_what_whose_and_where_it_is_written() -> None:
    assert str(PLAIN) == (
        "shelf.inbound.put, request /body/z: 'z' is not declared [body/additionalProperties, Shelf (#shelf), shelf.yaml:26:1]"
    )


@pytest.mark.parametrize("letter", ["\n", "\r", "\x1b", "\x00", "\x85", "\u2028", "\u202e"])
def test_violation_as_text_is_one_line_whatever_its_names(letter: str) -> None:
    text = str(named(f"a{letter}WARNING all is lost"))
    assert letter not in text
    assert "/body/a?WARNING all is lost: a?WARNING" in text


def test_violation_as_text_is_short_whatever_its_names() -> None:
    text = str(named("k" * 1500))
    assert len(text) < 600
    assert text.endswith("[body/additionalProperties, Shelf (#shelf), shelf.yaml:26:1]")
