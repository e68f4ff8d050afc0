from __future__ import annotations

import pytest
from cel_expr_python import cel

from catguard.policies.syntax import (
    DYN,
    Call,
    Comprehension,
    Ident,
    ListNode,
    Literal,
    MapNode,
    Node,
    Select,
    Type,
    children,
    read_tree,
    walk,
)

ENVIRONMENT = cel.NewEnv(
    variables={
        "n": cel.Type.INT,
        "l": cel.Type.List(cel.Type.STRING),
        "m": cel.Type.Map(cel.Type.STRING, cel.Type.DYN),
        "variables.area": cel.Type.INT,
    }
)


def parsed(expression: str) -> Node:
    return read_tree(ENVIRONMENT.compile(expression, True).serialize())


def checked(expression: str) -> Node:
    return read_tree(ENVIRONMENT.compile(expression).serialize())


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1", Literal(1, "int")),
        ("1u", Literal(1, "uint")),
        ("-1.5", Literal(-1.5, "double")),
        ("true", Literal(True, "bool")),
        ("'é'", Literal("é", "string")),
        (r"b'\x01'", Literal(b"\x01", "bytes")),
        ("null", Literal(None, "null")),
        ("-9223372036854775808", Literal(-(2**63), "int")),
        ("n", Ident("n")),
        ("m.a", Select(Ident("m"), "a")),
        ("has(m.a)", Select(Ident("m"), "a", True)),
        ("m['a']", Call("_[_]", None, (Ident("m"), Literal("a", "string")))),
        ("!(n > 1)", Call("!_", None, (Call("_>_", None, (Ident("n"), Literal(1, "int"))),))),
        ("size(l)", Call("size", None, (Ident("l"),))),
        ("l.size()", Call("size", Ident("l"), ())),
        ("'a' in l", Call("@in", None, (Literal("a", "string"), Ident("l")))),
        ("[1, n]", ListNode((Literal(1, "int"), Ident("n")))),
        ("{'a': n}", MapNode(((Literal("a", "string"), Ident("n")),))),
    ],
)
def test_tree_says_what_the_text_says(expression: str, expected: Node) -> None:
    assert parsed(expression) == expected
    assert checked(expression) == expected


def test_literals_that_python_takes_for_equal_differ() -> None:
    assert len({parsed("1"), parsed("1u"), parsed("1.0"), parsed("true")}) == 4


def test_macro_is_a_fold() -> None:
    node = checked("l.all(x, x == 'a')")

    assert isinstance(node, Comprehension)
    assert (node.variable, node.second_variable, node.range) == ("x", "", Ident("l"))
    assert node.initial == Literal(True, "bool")
    assert node.step == Call(
        "_&&_", None, (Ident(node.accumulator), Call("_==_", None, (Ident("x"), Literal("a", "string"))))
    )
    assert node.result == Ident(node.accumulator)


def test_checked_tree_has_types() -> None:
    node = checked("l.map(x, size(x)) == [n] && m.a == null && timestamp('2026-01-01T00:00:00Z') != timestamp(l[0])")
    kinds = {type(part).__name__: part.type for part in walk(node)}

    assert node.type == Type("bool")
    assert kinds["Comprehension"] == Type("list", (Type("int"),))
    assert {part.type for part in walk(node) if part == Ident("m")} == {Type("map", (Type("string"), DYN))}
    assert {part.type for part in walk(node) if part == Select(Ident("m"), "a")} == {DYN}
    assert {part.type.kind for part in walk(node) if isinstance(part, Call) and part.function == "timestamp"} == {
        "timestamp"
    }


def test_parsed_tree_has_no_types() -> None:
    assert {part.type for part in walk(parsed("n > 1 && size(l) == 2"))} == {DYN}


def test_variable_of_a_policy_is_one_name_in_a_checked_tree() -> None:
    assert checked("variables.area > 1") == Call("_>_", None, (Ident("variables.area"), Literal(1, "int")))


def test_positions_are_offsets_of_characters() -> None:
    expression = "'€' in l &&\n  n == 10"
    places = {str(part): part.position for part in walk(parsed(expression)) if isinstance(part, Ident)}

    assert sorted(places.values()) == [expression.index("l"), expression.rindex("n")]


def test_positions_and_names_are_given_back_as_the_author_wrote_them() -> None:
    serialized = ENVIRONMENT.compile("m._0 == 1").serialize()
    node = read_tree(serialized, rename=lambda name: name.replace("_0", "a-b"), origins=[0, 1, 1, 1, 7, 8, 9, 10, 11])

    assert node.arguments[0] == Select(Ident("m"), "a-b")  # type: ignore[union-attr] # a Call
    assert node.position == 8


def test_walk_visits_parents_first_and_everything_once() -> None:
    node = checked("l.exists(x, x == 'a') ? {'k': [n]} : {}")
    visited = list(walk(node))

    assert visited[0] is node
    assert len({id(part) for part in visited}) == len(visited)
    assert all(child in visited for part in visited for child in children(part))
    assert Ident("n") in visited


def test_what_is_no_expression_is_refused() -> None:
    with pytest.raises(ValueError, match="not a CEL expression"):
        read_tree(b"\n\x05hello")
