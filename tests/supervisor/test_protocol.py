"""Raw bytes against a real worker: what is bounded before ASGI, and how it is answered."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import time
from pathlib import Path

import httpx2
import pytest

from tests.supervisor.conftest import Server, everything, one_answer
from tests.test_texts import pinned

HOST = b"Host: x\r\n"
GET = b"GET /read HTTP/1.1\r\n" + HOST
CHUNKED = GET + b"Transfer-Encoding: chunked\r\n\r\n"


def refusal(received: bytes) -> tuple[int, str]:
    """Status and detail of an answer that is one whole problem document on a connection that closes."""
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    assert b"connection: close" in head
    assert b"cache-control: no-store" in head
    document = json.loads(body)
    assert document["status"] == int(head.split()[1])
    return document["status"], document["detail"]


def drip(connection: socket.socket) -> None:
    for _ in range(400):
        connection.sendall(b"x")
        time.sleep(0.05)


def head_of(size: int) -> bytes:
    """A whole head of so many bytes."""
    start = GET + b"X-Padding: "
    return start + b"x" * (size - len(start) - 4) + b"\r\n\r\n"


@pytest.fixture(autouse=True)
def _nothing_bad_in_the_log(server: Server) -> None:
    """The server still lives after each test and has logged no traceback."""
    yield
    assert httpx2.get(server.url + "/pid").text == str(server.process.pid)
    assert "Traceback" not in server.stderr.read_text()


def test_what_is_told_before_there_is_a_request(server: Server) -> None:
    sent = {
        "no HTTP": b"hello\r\n\r\n",
        "another version": b"GET / HTTP/3.0\r\n" + HOST + b"\r\n",
        "a fragment": b"GET /#a HTTP/1.1\r\n" + HOST + b"\r\n",
        "two hosts": GET + HOST + b"\r\n",
        "another coding": GET + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
        "an upgrade with a body": GET + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 1\r\n\r\nx",
        "a large head": head_of(32 * 1024 + 1),
        "many headers": GET + b"A: 1\r\n" * 101 + b"\r\n",
    }
    told = [f"{label}: {' '.join(map(str, refusal(server.exchange(each))))}" for label, each in sent.items()]
    pinned("answers-before-a-request", "\n".join(told))


def test_head_of_32_kib_is_served(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(head_of(32 * 1024))
        assert one_answer(connection).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(head_of(32 * 1024 + 1), id="one byte more than 32 KiB"),
        pytest.param(GET + b"X-Padding: " + b"x" * 40_000, id="one header without an end"),
        pytest.param(GET + b"x" * 40_000, id="one name without an end"),
        pytest.param(b"GET /" + b"x" * 40_000, id="one path without an end"),
        pytest.param(b"\r\n" * 20_000, id="empty lines"),
    ],
)
def test_head_larger_than_32_kib_is_431(server: Server, sent: bytes) -> None:
    assert refusal(server.exchange(sent)) == (431, "request line and headers are larger than 32768 bytes together")


def test_head_in_small_pieces_is_counted_together(server: Server) -> None:
    received = server.exchange(GET, *([b"X-Padding: " + b"x" * 5000 + b"\r\n"] * 8))
    assert refusal(received)[0] == 431


def test_100_headers_are_served_and_one_more_is_431(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(GET + b"A: 1\r\n" * 99 + b"\r\n")
        assert one_answer(connection).startswith(b"HTTP/1.1 200 OK")
    assert refusal(server.exchange(GET + b"A: 1\r\n" * 100 + b"\r\n")) == (431, "more than 100 headers")


def test_20000_headers_are_431_within_bounded_memory(server: Server) -> None:
    before = server.rss()
    sent = GET + b"".join(b"X-Header-%d: %s\r\n" % (number, b"x" * 500) for number in range(20_000)) + b"\r\n"
    assert refusal(server.exchange(sent))[0] == 431
    assert server.rss() - before < 8 * 2**20


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", id="TLS hello"),
        pytest.param(b"\x00" * 100, id="NUL"),
        pytest.param(b"hello\r\n\r\n", id="no request line"),
        pytest.param(b"GET / HTTP/9.9\r\n" + HOST + b"\r\n", id="unknown version"),
        pytest.param(b"GET /read\r\n\r\n", id="HTTP/0.9"),
        pytest.param(b"GET /read HTTP/2.0\r\n" + HOST + b"\r\n", id="HTTP/2.0 in a request line"),
        pytest.param(b"GET /read#here HTTP/1.1\r\n" + HOST + b"\r\n", id="fragment"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="HTTP/2 preface"),
        pytest.param(b"CONNECT x:443 HTTP/1.1\r\n" + HOST + b"\r\n", id="CONNECT"),
        pytest.param("GET /ä HTTP/1.1\r\nHost: x\r\n\r\n".encode(), id="path is not ASCII"),
        pytest.param(b"GET /read HTTP/1.1\r\n\r\n", id="no host"),
        pytest.param(GET + HOST + b"\r\n", id="two hosts"),
        pytest.param(GET + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", id="two lengths"),
        pytest.param(GET + b"Content-Length: -1\r\n\r\n", id="negative length"),
        pytest.param(GET + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", id="length and chunks"),
        pytest.param(GET + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", id="compressed chunks"),
        pytest.param(
            GET.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", id="chunks in HTTP/1.0"
        ),
        pytest.param(GET + b"A : 1\r\n\r\n", id="space before the colon"),
        pytest.param(GET + b"A: 1\r\n folded\r\n\r\n", id="folded header"),
        pytest.param(GET + b"A: \x00\r\n\r\n", id="NUL in a header"),
        pytest.param(
            GET + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 30\r\n\r\n", id="body behind an upgrade"
        ),
        pytest.param(CHUNKED + b"xyz\r\n", id="bad chunk size"),
        pytest.param(CHUNKED + b"1;" + b"e" * 70_000, id="chunk extension without an end"),
        pytest.param(
            CHUNKED + (b"1;" + b"e" * 300 + b"\r\nx\r\n") * 1000,
            id="more framing than body",
        ),
    ],
)
def test_what_is_not_http_is_400(server: Server, sent: bytes) -> None:
    assert refusal(server.exchange(sent))[0] == 400


@pytest.mark.parametrize(
    ("trailers", "status"),
    [(b"A: 1\r\n" * 101, 431), (b"A: " + b"x" * 40_000 + b"\r\n", 431), (b"A: " + b"x" * 70_000, 400)],
)
def test_trailers_are_bounded(server: Server, trailers: bytes, status: int) -> None:
    sent = CHUNKED + b"0\r\n" + trailers + b"\r\n"
    assert refusal(server.exchange(sent))[0] == status


def test_trailers_do_not_become_headers(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(CHUNKED + b"1\r\nx\r\n")
        time.sleep(0.1)
        connection.sendall(b"0\r\nAuthorization: forged\r\n\r\n")
        assert one_answer(connection).endswith(b"\r\n\r\n1 2")


def test_chunks_of_one_byte_are_served(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(CHUNKED + b"1\r\nx\r\n" * 50_000 + b"0\r\n\r\n")
        assert one_answer(connection).endswith(b"\r\n\r\n50000 2")


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"GET /re", id="half a request line"),
        pytest.param(GET + b"X-Slow: ", id="half a header"),
        pytest.param(b"\r\n", id="an empty line"),
    ],
)
def test_head_that_does_not_end_is_408(impatient: Server, sent: bytes) -> None:
    assert refusal(impatient.exchange(sent)) == (408, "request line and headers took longer than 0.5 s")


def test_head_that_drips_is_408(impatient: Server) -> None:
    with impatient.connect() as connection:
        for byte in range(20):
            if select.select([connection], [], [], 0.1)[0]:
                break
            connection.sendall(GET[byte : byte + 1])
        assert refusal(everything(connection))[0] == 408


def test_second_head_that_does_not_end_is_408(impatient: Server) -> None:
    with impatient.connect() as connection:
        connection.sendall(GET + b"\r\n")
        one_answer(connection)
        connection.sendall(b"GET /re")
        assert refusal(everything(connection))[0] == 408


def test_connection_that_sends_nothing_is_closed_without_a_word(impatient: Server) -> None:
    assert impatient.exchange() == b""


def test_connection_that_is_idle_after_a_request_is_closed(impatient: Server) -> None:
    received = impatient.exchange(GET + b"\r\n")
    assert received.startswith(b"HTTP/1.1 200 OK")
    assert received.endswith(b"0 1")


def test_body_that_does_not_come_is_408(impatient: Server) -> None:
    assert refusal(impatient.exchange(GET + b"Content-Length: 10\r\n\r\n123")) == (
        408,
        "the body came at less than 100000 bytes a second",
    )


def test_body_that_comes_fast_enough_may_take_its_time(impatient: Server) -> None:
    with impatient.connect() as connection:
        connection.sendall(GET + b"Content-Length: 200000\r\n\r\n")
        for _ in range(10):
            time.sleep(0.1)
            connection.sendall(b"x" * 20_000)
        assert one_answer(connection).endswith(b"200000 2")


def test_application_that_is_slow_is_not_held_against_its_caller(impatient: Server) -> None:
    """It reads nothing for so long that the body that waits for it would come too slowly."""
    assert httpx2.post(impatient.url + "/slowly/4", content=b"x" * 10_000_000).text == "10000000"


def test_answer_that_nobody_reads_is_dropped(impatient: Server) -> None:
    impatient.listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 500)  # its connections inherit it
    descriptors = Path(f"/proc/{impatient.process.pid}/fd")
    before = len(list(descriptors.iterdir()))
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            connection = stack.enter_context(impatient.connect())
            connection.sendall(b"GET /large/8 HTTP/1.1\r\n" + HOST + b"\r\n")
            assert connection.recv(12) == b"HTTP/1.1 200"
        while len(list(descriptors.iterdir())) > before:
            time.sleep(0.05)
    assert "Traceback" not in impatient.stderr.read_text()


def test_body_refused_early_is_answered_and_the_connection_closed(server: Server) -> None:
    """100 MB are announced and sent; the answer is there although most of them never were."""
    before = server.rss()
    with server.connect() as connection:
        connection.sendall(b"POST /refuse HTTP/1.1\r\n" + HOST + b"Content-Length: 100000000\r\n\r\n")
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent < 100_000_000:
                sent += connection.send(b"x" * 65536)
        received = everything(connection)
    assert sent < 50_000_000
    assert not received or received.startswith(b"HTTP/1.1 413")
    assert server.rss() - before < 8 * 2**20


def test_caller_that_reads_while_it_sends_gets_the_early_answer(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(b"POST /refuse HTTP/1.1\r\n" + HOST + b"Content-Length: 100000000\r\n\r\n")
        received = one_answer(connection)
        assert received.startswith(b"HTTP/1.1 413")
        assert b"connection: close" in received
        for _ in range(5):  # what was on its way is still taken: no reset
            connection.sendall(b"x" * 100_000)
            time.sleep(0.02)
        assert connection.recv(1000) == b""


def test_caller_that_keeps_sending_after_an_early_answer_is_cut_off(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(b"POST /refuse HTTP/1.1\r\n" + HOST + b"Content-Length: 1000000\r\n\r\n")
        with pytest.raises(ConnectionError):
            drip(connection)


def test_early_answer_to_a_body_that_came_keeps_the_connection(server: Server) -> None:
    with server.connect() as connection:
        for _ in range(2):
            connection.sendall(b"POST /refuse HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\nabc")
            assert b"connection: close" not in one_answer(connection)


def test_expectation_is_answered_without_the_body(server: Server) -> None:
    sent = b"POST /refuse HTTP/1.1\r\n" + HOST + b"Content-Length: 9\r\nExpect: 100-continue\r\n\r\n"
    assert server.exchange(sent).startswith(b"HTTP/1.1 413")


def test_body_of_a_reader_is_not_bounded_here(server: Server) -> None:
    assert httpx2.post(server.url + "/read", content=b"x" * 5_000_000).text.startswith("5000000 ")


def test_upgrade_is_not_followed_and_ends_the_connection(server: Server) -> None:
    received = server.exchange(GET + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n" + GET + b"\r\n")
    assert received.count(b"HTTP/1.1 200 OK") == 1
    assert b"connection: close" in received


def test_pipelined_requests_are_answered_in_order(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(b"GET /sleep/0.2 HTTP/1.1\r\n" + HOST + b"\r\n" + GET + b"Connection: close\r\n\r\n")
        received = everything(connection)
    assert received.count(b"HTTP/1.1 200 OK") == 2
    assert received.index(b"slept") < received.index(b"0 2")


@pytest.mark.parametrize(
    "garbage", [pytest.param(b"\x00\r\n\r\n", id="not HTTP"), pytest.param(head_of(40_000), id="too large")]
)
def test_garbage_behind_a_request_does_not_spoil_its_answer(server: Server, garbage: bytes) -> None:
    received = server.exchange(b"GET /sleep/0.2 HTTP/1.1\r\n" + HOST + b"\r\n" + garbage)
    assert received.startswith(b"HTTP/1.1 200 OK")
    assert received.endswith(b"slept")


def test_too_many_requests_ahead_of_their_answers_end_the_connection(server: Server) -> None:
    received = server.exchange(b"GET /sleep/0.2 HTTP/1.1\r\n" + HOST + b"\r\n" + (GET + b"\r\n") * 50)
    assert received.count(b"HTTP/1.1") == 1
    assert received.endswith(b"slept")


def test_answers_tell_nothing_of_the_server(server: Server) -> None:
    assert "server" not in httpx2.get(server.url + "/pid").headers
