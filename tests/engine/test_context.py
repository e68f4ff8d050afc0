from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catguard.engine.context import MAX_CONTEXT, CallerContext, encode, parse

ROOT = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_encode_component_and_root() -> None:
    assert encode("frontend", ROOT) == f'caller=frontend, root="{ROOT}"'


@given(
    component=st.from_regex(r"[a-z][a-z0-9-]{0,63}", fullmatch=True),
    root=st.from_regex(r"[0-9a-f]{32}", fullmatch=True),
)
def test_parse_of_encoded_gives_both_back(component: str, root: str) -> None:
    assert parse(encode(component, root)) == CallerContext(component, root)
    assert parse(f" {encode(component, root)}") == CallerContext(component, root)  # by the grammar


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("caller=frontend", CallerContext("frontend", None)),
        ('caller="frontend"', CallerContext("frontend", None)),
        (f'  caller=frontend \t,\troot="{ROOT}"  ', CallerContext("frontend", ROOT)),
        ("caller=a, caller=b", CallerContext("b", None)),
        ('pixels=60000, deadline=250, key="k1", mac=:bWFj:, caller=frontend', CallerContext("frontend", None)),
        ('later=(a "b";x=1 3.5);y, at=@1659578233, said=%"f%c3%bc", caller=frontend', CallerContext("frontend", None)),
        ("flag, other=?0;p, caller=frontend;signed;by=:eA==:", CallerContext("frontend", None)),
        ("caller=frontend, root=42", CallerContext("frontend", None)),
        ("caller=frontend, root=abc", CallerContext("frontend", None)),
        ("caller=17", CallerContext()),
        ("caller=?1", CallerContext()),
        ("caller", CallerContext()),
        ("caller=(frontend)", CallerContext()),
        ("caller=front*end", CallerContext()),
        ('caller="front end"', CallerContext()),
    ],
)
def test_parse_dictionary(value: str, expected: CallerContext) -> None:
    assert parse(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        ",",
        "caller=frontend,",
        "caller=frontend root=1",
        "caller=frontend;;",
        "Caller=frontend",
        "caller = frontend",
        'caller="front',
        f"caller=frontend, root={ROOT}",
        "caller=1.2.3",
        "caller=frontend, pixels=1234567890123456",
        "caller=frontend, x=(a b",
        "caller=frontend\x00",
        "caller=frontend\r\nroot=1",
        "caller=frontend, x=é",
        "caller=frontend, x=\u0661",
    ],
)
def test_parse_garbage_says_nothing(value: str) -> None:
    assert parse(value) == CallerContext()


def test_parse_longer_than_the_limit_says_nothing() -> None:
    fits = "caller=frontend, x=" + "y" * (MAX_CONTEXT - len("caller=frontend, x="))
    assert parse(fits).component == "frontend"
    assert parse(fits + "y") == CallerContext()


def test_parse_name_longer_than_64_says_nothing() -> None:
    assert parse("caller=" + "a" * 64).component == "a" * 64
    assert parse("caller=" + "a" * 65).component is None


@given(st.text(max_size=600) | st.text(alphabet='abc*=;,"() \\\t:?@%.-019', max_size=600))
def test_parse_anything_gives_bounded_names(value: str) -> None:
    said = parse(value)
    assert said.component is None or 1 <= len(said.component) <= 64
    assert said.root is None or 1 <= len(said.root) <= 64
