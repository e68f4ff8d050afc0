from __future__ import annotations

import re

import pytest
from cel_expr_python import cel
from hypothesis import given, settings
from hypothesis import strategies as st

from catguard.policies.descriptors import describe, field_name, member_name, pool_of
from catguard.policies.facts import BOOL, DYNAMIC, INT, STRING, FactType, Field, ListOf, MapOf, Record, Scalar


@settings(deadline=None)  # how long the first example takes says nothing
@given(st.text())
def test_field_name_is_an_identifier_from_which_the_member_name_comes_back(name: str) -> None:
    assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", field_name(name))
    assert member_name(field_name(name)) == name


@settings(deadline=None)  # how long the first example takes says nothing
@given(st.from_regex(r"_x[0-9a-f]*", fullmatch=True))
def test_name_that_looks_like_an_alias_is_aliased(name: str) -> None:
    assert member_name(field_name(name)) == name


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        (BOOL, "BOOL"),
        (INT, "INT"),
        (Scalar("double"), "DOUBLE"),
        (STRING, "STRING"),
        (DYNAMIC, "DYN"),
        (ListOf(STRING), "LIST<STRING>"),
        (ListOf(ListOf(INT)), "LIST<LIST<DYN>>"),
        (ListOf(MapOf(INT)), "LIST<MAP<STRING, DYN>>"),
        (ListOf(DYNAMIC), "LIST<DYN>"),
        (MapOf(INT), "MAP<STRING, INT>"),
        (MapOf(ListOf(INT)), "MAP<STRING, LIST<DYN>>"),
        (MapOf(DYNAMIC), "MAP<STRING, DYN>"),
    ],
)
def test_checker_sees_the_type(type_: FactType, expected: str) -> None:
    file, names = describe({"it": Record({"some_name": Field(type_, True), "some-name": Field(type_, True)})})
    environment = cel.NewEnv(pool_of(file), variables={"it": cel.Type(names["it"])})

    assert environment.compile("it.some_name").return_type().name() == expected
    assert environment.compile(f"it.{field_name('some-name')}").return_type().name() == expected


def test_names_that_collide_in_the_json_of_protobuf_are_told_apart() -> None:
    file, names = describe({"it": Record({"fooBar": Field(INT, True), "foo_bar": Field(STRING, True)})})
    environment = cel.NewEnv(pool_of(file), variables={"it": cel.Type(names["it"])})

    assert environment.compile("it.fooBar == 1 && it.foo_bar == 'a'").return_type() == cel.Type.BOOL


def test_value_that_may_be_null_compares_with_null() -> None:
    file, names = describe({"it": Record({"n": Field(Scalar("int", nullable=True), True)})})
    environment = cel.NewEnv(pool_of(file), variables={"it": cel.Type(names["it"])})

    assert environment.compile("it.n == null || it.n > 1").return_type() == cel.Type.BOOL
