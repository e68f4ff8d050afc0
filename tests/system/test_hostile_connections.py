"""Too much, too slowly, or gone in the middle: every tier keeps its memory and its patience for the others."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import socket
import time
from collections.abc import Iterator

import pytest

from tests.system.memory import bounded
from tests.system.running import TIERS, System
from tests.system.test_hostile import ENTRY, GOOD, RECIPE, TOO_LARGE
from tests.system.wire import Reply, ask, connect, head, post, read, read_all, reset, send

pytestmark = pytest.mark.usefixtures("composes_afterwards", "serves_afterwards")

HUGE = 100_000_000
BLOCK = b"x" * 65_536
SLOW = 200
# Seconds: what a body or a head may take (supervisor/protocol.py), and the bytes of one a second that come until then.
LIMIT = 10
JSON = "Content-Type: application/json"


@pytest.fixture
def within_memory(system: System) -> Iterator[None]:
    with bounded(system.pids):
        yield


def blocks(*, chunked: bool) -> Iterator[bytes]:
    """A body of 100 MB."""
    block = b"%x\r\n%b\r\n" % (len(BLOCK), BLOCK) if chunked else BLOCK
    yield from itertools.repeat(block, HUGE // len(BLOCK) + 1)


@pytest.mark.usefixtures("within_memory")
@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("length", [f"Content-Length: {HUGE}", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_body_of_100_megabytes_is_refused_before_it_came(system: System, tier: str, length: str, method: str) -> None:
    with connect(system.addresses[tier]) as connection:
        connection.sendall(head(ENTRY[tier], length, JSON, method=method))
        count = send(connection, blocks(chunked="chunked" in length))
        reply = read(connection)
    assert count < HUGE / 2, "all of it was taken"
    if reply is not None:  # it is lost where the connection was reset while we still sent
        assert reply.status in (400, 405, 413)
        assert reply.problem
        assert reply.closed


@pytest.mark.usefixtures("within_memory")
@pytest.mark.parametrize("tier", TIERS)
def test_refusal_of_a_body_is_read_by_who_waits_for_it(system: System, tier: str) -> None:
    reply = ask(system.addresses[tier], head(ENTRY[tier], f"Content-Length: {HUGE}", JSON, method="POST"))
    assert reply.status == (413 if tier == "catomatic" else 405)
    assert reply.problem


@pytest.mark.usefixtures("within_memory")
@pytest.mark.parametrize("tier", TIERS)
def test_many_large_heads_at_once_take_little_memory(system: System, tier: str) -> None:
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(connect(system.addresses[tier])) for _ in range(40)]
        for connection, sent in zip(connections, itertools.cycle(TOO_LARGE.values()), strict=False):
            send(connection, [sent])
        replies = [read(connection) for connection in connections]
    assert {reply.status for reply in replies if reply} == {431}


@pytest.mark.usefixtures("within_memory")
def test_many_gzip_bombs_take_little_memory(system: System) -> None:
    bomb = post("/v1/render", gzip.compress(b"0" * 10_000_000), "Content-Encoding: gzip")
    assert {ask(system.addresses["catomatic"], bomb).status for _ in range(20)} == {415}


@pytest.mark.usefixtures("within_memory")
def test_the_slow_are_given_up_and_the_others_served_meanwhile(system: System) -> None:
    beginnings = [b"", b"G", b"GET /healthz", head("/healthz")[:-2], head("/healthz", "X: " + "a" * 9000)[:-4]]
    with contextlib.ExitStack() as stack:
        held: dict[str, list[tuple[bytes, socket.socket]]] = {tier: [] for tier in TIERS}
        for tier, url in system.addresses.items():
            for _, beginning in zip(range(SLOW), itertools.cycle(beginnings), strict=False):
                connection = stack.enter_context(connect(url))
                connection.sendall(beginning)
                held[tier].append((beginning, connection))
        dripping = [stack.enter_context(connect(url)) for url in system.addresses.values() for _ in range(3)]
        bodies = [stack.enter_context(connect(system.addresses["catomatic"])) for _ in range(2)]
        for connection in dripping:
            connection.sendall(head("/healthz", "X: ")[:-4])
        bodies[0].sendall(head("/v1/render", JSON, "Content-Length: 100", method="POST"))
        bodies[1].sendall(head("/v1/render", JSON, "Transfer-Encoding: chunked", method="POST"))
        until = time.monotonic() + LIMIT
        while time.monotonic() < until:
            for tier, url in system.addresses.items():
                assert ask(url, head("/healthz")).status == 200, tier
            for connection in dripping:
                send(connection, [b"a"])
            send(bodies[0], [b" "])
            send(bodies[1], [b"1\r\n \r\n"])
            time.sleep(1)
        for tier in TIERS:
            for beginning, connection in held[tier]:
                assert_given_up(read(connection), silent=not beginning)
        for connection in (*dripping, *bodies):
            assert_given_up(read(connection), silent=False)


def assert_given_up(reply: Reply | None, *, silent: bool) -> None:
    if silent:
        assert reply is None, "who said nothing is told nothing"
    else:
        assert reply is not None
        assert (reply.status, reply.closed) == (408, True)
        assert reply.problem


def test_expectation_is_met_before_the_body_comes(system: System) -> None:
    sent = post("/v1/render", GOOD, "Expect: 100-continue")
    with connect(system.addresses["catomatic"]) as connection:
        connection.sendall(sent[: -len(GOOD)])
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(GOOD)
        reply = read(connection)
    assert reply is not None
    assert reply.status == 200


def test_expectation_of_a_body_that_is_too_large_is_refused(system: System) -> None:
    asked = head("/v1/render", JSON, "Content-Length: 20000", "Expect: 100-continue", method="POST")
    with connect(system.addresses["catomatic"]) as connection:
        connection.sendall(asked)
        assert connection.recv(12) == b"HTTP/1.1 413"


@pytest.mark.parametrize("tier", TIERS)
def test_pipelined_requests_are_answered_in_order(system: System, tier: str) -> None:
    with connect(system.addresses[tier]) as connection:
        last = head("/healthz", "Connection: close")
        connection.sendall(head("/healthz") + head("/nothing") + head("/healthz", method="DELETE") + last)
        statuses = [reply.status for reply in read_all(connection)]
    assert statuses == [200, 404, 405, 200]


def test_body_that_is_refused_is_not_read_as_the_next_request(system: System) -> None:
    hidden = head("/healthz")
    with connect(system.addresses["store"]) as connection:
        connection.sendall(post("/v1/pictures?kind=cat", hidden) + head("/nothing", "Connection: close"))
        statuses = [reply.status for reply in read_all(connection)]
    assert statuses in ([405], [405, 404])


@pytest.mark.usefixtures("within_memory")
@pytest.mark.parametrize("tier", TIERS)
def test_caller_that_leaves_in_the_middle_of_its_body_is_let_go(system: System, tier: str) -> None:
    for leave in (socket.socket.close, reset) * 20:
        connection = connect(system.addresses[tier])
        connection.sendall(post(ENTRY[tier], GOOD)[:-5])
        leave(connection)


def test_caller_that_leaves_before_the_answer_is_let_go(system: System) -> None:
    for seed in range(10):
        recipe = json.dumps({**RECIPE, "width": 600, "height": 600, "seed": seed}).encode()
        for tier, sent in (
            ("catomatic", post("/v1/render", recipe)),
            ("frontend", head(f"/api/cats?width=500&height=500&seed={seed}")),
            ("store", head("/v1/pictures?kind=cat")),
        ):
            connection = connect(system.addresses[tier])
            connection.sendall(sent)
            reset(connection)


def test_caller_that_leaves_in_the_middle_of_the_answer_is_let_go(system: System) -> None:
    recipe = json.dumps({**RECIPE, "width": 1200, "height": 1200, "format": "png"}).encode()
    for _ in range(3):
        with connect(system.addresses["catomatic"]) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(post("/v1/render", recipe))
            assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
            reset(connection)
