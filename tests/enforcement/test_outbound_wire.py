"""What a hostile callee answers, byte by byte, over real sockets: a refusal or an error of the client, in time."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest

from catguard.enforcement.outbound import GuardedTransport
from catguard.engine.decision import CallRefused
from catguard.engine.snapshots import Engine
from catguard.policies.loader import compile_texts
from catguard.telemetry import Telemetry

POLICIES = """
catguard: 1
system: shop
owners: {shop: {team: Shop, contact: "#shop"}}
components:
  kiosk:
    owner: shop
    about: orders
    outbound:
      cats: {to: shop.cats, response: {200: {media: [application/json], max_bytes: 1Ki, body: {type: object}}}}
      flow: {to: shop.flow, response: {200: {media: [text/plain], max_bytes: 1Ki, stream: true}}}
  shop:
    owner: shop
    about: sells
    inbound:
      cats: {http: GET /cats, from: [kiosk], response: {200: {media: [application/json], max_bytes: 1Ki, body: {type: object, additionalProperties: true}}}}
      flow: {http: GET /flow, from: [kiosk], response: {200: {media: [text/plain], max_bytes: 1Ki, stream: true}}}
"""
JSON = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
REFUSAL = b"HTTP/1.1 422 X\r\ncontent-type: application/problem+json\r\ncatguard-refusal: 1\r\n"
#: Seconds for a call; the slow are cut off by it, all others end sooner.
CALL = 2.0
BLOCK = b"x" * 65_536

Said = Callable[[], AsyncIterator[bytes]]


def sized(head: bytes, body: bytes, length: int | None = None) -> bytes:
    return head + b"content-length: %d\r\n\r\n" % (len(body) if length is None else length) + body


def once(*pieces: bytes) -> Said:
    async def said() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    return said


def for_ever(head: bytes, piece: bytes, seconds: float = 0) -> Said:
    async def said() -> AsyncIterator[bytes]:
        yield head
        while True:
            yield piece
            await asyncio.sleep(seconds)

    return said


def refusal(document: Any) -> Said:
    return once(sized(REFUSAL, document if isinstance(document, bytes) else json.dumps(document).encode()))


@contextlib.asynccontextmanager
async def calling(said: Said) -> AsyncIterator[httpx2.AsyncClient]:
    """A guarded client of a callee that says these bytes; in the end its connection must have been given up."""
    left = asyncio.Event()

    async def talk(writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            async for piece in said():
                writer.write(piece)
                await writer.drain()
        writer.close()

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        talking = asyncio.create_task(talk(writer))
        with contextlib.suppress(ConnectionError):
            await reader.read()
        talking.cancel()
        await asyncio.wait([talking])
        writer.close()
        left.set()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    transport = GuardedTransport(
        httpx2.AsyncHTTPTransport(),
        engine=Engine(compile_texts([("shop.yaml", POLICIES)])),
        telemetry=Telemetry("kiosk"),
        component="kiosk",
        to="shop",
        base_url=url,
        timeout=CALL,
    )
    async with server, httpx2.AsyncClient(transport=transport, base_url=url, timeout=30) as client:
        yield client
    async with asyncio.timeout(30):
        await left.wait()  # the connection was given up, whatever was said


REFUSED: dict[str, tuple[Said, str]] = {
    "too large": (once(sized(JSON, b'"' + BLOCK * 8 + b'"')), "max_bytes"),
    "endless": (for_ever(JSON + b"\r\n", BLOCK), "max_bytes"),
    "endless chunks": (for_ever(JSON + b"transfer-encoding: chunked\r\n\r\n", b"400\r\n" + b"x" * 1024 + b"\r\n"), "max_bytes"),
    "gzip": (once(sized(JSON + b"content-encoding: gzip\r\n", gzip.compress(b"{}"))), "content-encoding"),
    "gzip bomb": (once(sized(JSON + b"content-encoding: gzip\r\n", gzip.compress(b"0" * 900_000))), "content-encoding"),
    "brotli": (once(sized(JSON + b"content-encoding: br\r\n", b"{}")), "content-encoding"),
    "two encodings": (once(sized(JSON + b"content-encoding: identity\r\ncontent-encoding: gzip\r\n", b"{}")), "content-encoding"),
    "no JSON": (once(sized(JSON, b"{")), "body/readable"),
    "duplicate names": (once(sized(JSON, b'{"a":1,"a":2}')), "body/readable"),
    "depth": (once(sized(JSON, b'{"a":' * 100 + b"1" + b"}" * 100)), "body/readable"),
    "another status": (once(sized(b"HTTP/1.1 299 OK\r\n", b"")), "status"),
    "redirect": (once(sized(b"HTTP/1.1 302 OK\r\nlocation: /secret\r\n", b"")), "status"),
    "endless error": (for_ever(b"HTTP/1.1 500 X\r\n\r\n", BLOCK), "status"),
    "endless refusal": (for_ever(REFUSAL + b"\r\n", BLOCK), "status"),
    "refusal that is no JSON": (refusal(b"nonsense"), "status"),
    "refusal that is a list": (refusal([]), "status"),
    "violations that are a mapping": (refusal({"violations": {"a": 1}}), "status"),
    "violations that are a number": (refusal({"violations": 5}), "status"),
    "violations that are a text": (refusal({"violations": "many"}), "status"),
    "violations of numbers": (refusal({"violations": [1, 2]}), "status"),
    "violation of anything": (refusal({"violations": [{"assumption": {}, "where": 3, "side": "up", "action": []}]}), ""),
}  # fmt: skip
BROKEN: dict[str, Said] = {
    "silence": for_ever(b"", b"", 0.2),
    "closed at once": once(),
    "slow head": for_ever(b"HTTP/1.1 200 OK\r\nx: ", b"a", 0.2),
    "slow body": for_ever(JSON + b"content-length: 900\r\n\r\n", b" ", 0.2),
    "shorter than it says": once(sized(JSON, b"{}", 100)),
    "length that is none": once(JSON + b"content-length: x\r\n\r\n{}"),
    "two lengths": once(JSON + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{} "),
    "length and chunks cut off": once(JSON + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}"),
    "chunk of no size": once(JSON + b"transfer-encoding: chunked\r\n\r\nxyz\r\n"),
    "no HTTP": once(b"\x16\x03\x01" * 100),
    "HTTP/0.9": once(b"{}"),
    "endless head": for_ever(b"HTTP/1.1 200 OK\r\n", b"x: " + b"y" * 8000 + b"\r\n"),
    "endless 1xx": for_ever(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.01),
    "NUL in a header": once(sized(b"HTTP/1.1 200 OK\r\nx: a\0b\r\n", b"{}")),
}  # fmt: skip


@pytest.mark.parametrize(("said", "assumption"), REFUSED.values(), ids=REFUSED)
async def test_answer_beyond_what_is_declared_is_refused_and_given_up(said: Said, assumption: str) -> None:
    async with calling(said) as client:
        with pytest.raises(CallRefused) as caught:
            await client.get("/cats")
    assert [found.assumption for found in caught.value.violations] == [assumption]
    assert str(caught.value).encode()


@pytest.mark.parametrize("said", BROKEN.values(), ids=BROKEN)
async def test_answer_that_is_none_is_an_error_of_the_client(said: Said) -> None:
    async with calling(said) as client:
        with pytest.raises(httpx2.TransportError):
            await client.get("/cats")


@pytest.mark.parametrize("piece", [BLOCK, b"x" * 100])
async def test_stream_without_end_is_broken_off_at_its_limit(piece: bytes) -> None:
    count = 0

    async def listen(client: httpx2.AsyncClient) -> None:
        nonlocal count
        async with client.stream("GET", "/flow") as response:
            async for chunk in response.aiter_raw():
                count += len(chunk)

    async with calling(for_ever(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n", piece)) as client:
        with pytest.raises(CallRefused, match="max_bytes"):
            await listen(client)
    assert count <= 1024


async def test_answer_longer_than_it_says_ends_where_it_says() -> None:
    async with calling(once(sized(JSON, b'{"a":1} and more', 7))) as client:
        assert (await client.get("/cats")).json() == {"a": 1}
