from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catguard.enforcement.routing import BadTarget, RouteTable, read_query
from catguard.policies.loader import compile_texts

POLICIES = """
catguard: 1
system: shelf
owners: {a: {team: A, contact: "#a"}}
components:
  shelf:
    owner: a
    about: routes
    inbound:
      new: {http: POST /p/new, from: public, response: {204: {}}}
      one: {http: "GET /p/{id}", from: public, request: {params: {properties: {id: {type: string, maxLength: 9}}}}, response: {204: {}}}
      other: {http: "PUT /p/{key}", from: public, request: {params: {properties: {key: {type: string, maxLength: 9}}}}, response: {204: {}}}
      file: {http: "GET /f/{name}.{ext}", from: public, request: {params: {properties: {name: {type: string, maxLength: 9}, ext: {type: string, maxLength: 9}}}}, response: {204: {}}}
"""


@pytest.fixture(scope="module")
def table() -> RouteTable:
    return RouteTable(compile_texts([("p.yaml", POLICIES)]).component("shelf"))


@pytest.mark.parametrize(
    ("method", "path", "name", "params"),
    [
        ("POST", "/p/new", "new", []),
        ("GET", "/p/new", "one", [("id", "new")]),
        ("GET", "/p/a b", "one", [("id", "a b")]),
        ("PUT", "/p/x", "other", [("key", "x")]),
        ("GET", "/f/a.b.webp", "file", [("name", "a.b"), ("ext", "webp")]),
        ("DELETE", "/p/x", None, []),
        ("GET", "/p/", None, []),
        ("GET", "/p/a/b", None, []),
        ("GET", "/p/new/", None, []),
        ("GET", "/P/new", None, []),
        ("GET", "/f/a", None, []),
    ],
)
def test_a_path_and_a_method_find_their_boundary(
    table: RouteTable, method: str, path: str, name: str | None, params: list[tuple[str, str]]
) -> None:
    match = table.match(path)
    boundary = match.methods.get(method) if match else None
    assert (boundary.policy.operation if boundary else None) == name
    if match and boundary:
        assert match.params(boundary) == params


def test_allow_lists_every_method_of_a_path(table: RouteTable) -> None:
    match = table.match("/p/new")
    assert match is not None
    assert match.allow() == "GET, HEAD, OPTIONS, POST, PUT"


@given(st.binary(max_size=60))
def test_a_query_is_read_or_refused(raw: bytes) -> None:
    try:
        pairs = read_query(raw, limit=1000)
    except BadTarget:
        return
    assert all("\x00" not in name + value for name, value in pairs)


def test_a_query_beyond_its_limit_is_refused() -> None:
    with pytest.raises(BadTarget, match="at most 8 bytes"):
        read_query(b"a=1&b=2&c=3", limit=8)
