"""What no client should send, to every tier: refused by a problem document, and the tier serves on."""

from __future__ import annotations

import gzip
import json

import pytest

from tests.system.running import TIERS, System
from tests.system.wire import CANARY, ask, head, post, refused

pytestmark = pytest.mark.usefixtures("composes_afterwards", "serves_afterwards")

#: A declared operation of each tier.
ENTRY = {"frontend": "/api/cats", "catomatic": "/v1/render", "store": "/v1/pictures?kind=cat"}
GET = b"GET /healthz HTTP/1.1\r\nHost: cats\r\n"
RECIPE = {"breed": "siamese", "scene": "rose-garden", "count": 1, "width": 64, "height": 64, "format": "webp"}
GOOD = json.dumps(RECIPE).encode()


def framed(*headers: str, body: bytes = b"") -> bytes:
    """A POST with headers of its own about its body."""
    return head("/v1/render", "Content-Type: application/json", *headers, method="POST") + body


def chunked(body: bytes) -> bytes:
    return framed("Transfer-Encoding: chunked", body=body)


def with_value(text: bytes) -> bytes:
    """A recipe with these bytes where the value of a member stands."""
    return GOOD.replace(b'"count": 1', b'"count": ' + text)


NOT_HTTP = {
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"a" * 100,
    "zeros": b"\0" * 1000,
    "HTTP/0.9": b"GET /healthz\r\n\r\n",
    "HTTP/2.0": GET.replace(b"1.1", b"2.0") + b"\r\n",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "unknown method": GET.replace(b"GET", b"BREW") + b"\r\n",
    "method in lower case": GET.replace(b"GET", b"get") + b"\r\n",
    "CONNECT": b"CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: cats\r\n\r\n",
    "authority as target": b"GET elsewhere.example:80 HTTP/1.1\r\nHost: cats\r\n\r\n",
    "absolute target without a path": b"GET http://elsewhere.example HTTP/1.1\r\nHost: cats\r\n\r\n",
    "fragment": head("/healthz#top"),
    "bytes in the target": head("/h\xffalthz"),
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two hosts": GET + b"Host: dogs\r\n\r\n",
    "bare line feeds": GET.replace(b"\r\n", b"\n") + b"\n",
    "header without a colon": GET + b"nonsense\r\n\r\n",
    "header without a name": GET + b": x\r\n\r\n",
    "header with a space in its name": GET + b"X : x\r\n\r\n",
    "folded header": GET + b"X: a\r\n b\r\n\r\n",
    "NUL in a header": GET + b"X: a\0b\r\n\r\n",
    "carriage return in a header": GET + b"X: a\rb\r\n\r\n",
    "length and chunks": framed("Content-Length: 5", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
    "negative length": framed("Content-Length: -1"),
    "length with a sign": framed("Content-Length: +1", body=b"1"),
    "length in base 16": framed("Content-Length: 0x1", body=b"1"),
    "length beyond 64 bits": framed("Content-Length: 99999999999999999999999", body=b"1"),
    "two lengths": framed("Content-Length: 1", "Content-Length: 2", body=b"11"),
    "one length twice": framed("Content-Length: 1", "Content-Length: 1", body=b"1"),
    "list of lengths": framed("Content-Length: 1, 1", body=b"1"),
    "unknown coding": framed("Transfer-Encoding: xchunked", body=b"0\r\n\r\n"),
    "chunks not last": framed("Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n"),
    "compressed chunks": framed("Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"),
    "size of a chunk is no number": chunked(b"xyz\r\n\r\n"),
    "size of a chunk is negative": chunked(b"-1\r\n\r\n"),
    "size of a chunk is beyond 64 bits": chunked(b"FFFFFFFFFFFFFFFFFF\r\n\r\n"),
}
TOO_LARGE = {
    "20,000 headers": GET + b"X: y\r\n" * 20_000 + b"\r\n",
    "header of 1 MB": GET + b"X: " + b"a" * 1_000_000 + b"\r\n\r\n",
    "request line of 100 KB": head("/" + "a" * 100_000),
    "100,000 empty lines": b"\r\n" * 100_000,
}
TARGETS = [
    "//healthz", "/./healthz", "/x/../healthz", "/%2e%2e/healthz", "/%2E%2E%2Fhealthz", "/healthz%2f", "/healthz%5C",
    "/healthz\\", "/healthz%00", "/healthz%0a", "/%c0%af", "/%ed%a0%80", "/%zz", "/%", "/healthz%2", "/healthz/",
    "/HEALTHZ", "/healthz;x=1", "/%ef%bc%8fhealthz", "*", f"/{CANARY}", f"/{CANARY}%00", "/" + "a" * 5000,
]  # fmt: skip
# N is the name of a number of the operation, T that of a text.
QUERIES = [
    "N=1&N=2", "N=1&N=1", f"colour={CANARY}", "T[]=a", "N=%EF%BC%93", "N=+3", "N=%2B3", "N=03", "N=0x3", "N=1_0", "N=3;",
    "N=NaN", "N=Infinity", "N=-Infinity", "N=1e999", "N=-1", "N=3.5", "N=true", "N=9223372036854775808",
    "N=" + "9" * 4000, f"N={CANARY}", f"T={CANARY}%20X", "T=%3Cscript%3E", "T=%27%20or%201%3D1--", "T=%ff",
    "T=%c0%af", "T=%ed%a0%80", "T=a%00", "T%00=a", "T=%zz", "T=a&T=b", "n=1", "=1", "__proto__=1", "T=" + "a" * 9000,
    "&".join(f"x{number}=1" for number in range(900)),
]  # fmt: skip
NAMES = {"frontend": ("count", "breed"), "store": ("limit", "breed")}
BODIES = {
    "empty": (b"", 422),
    "white space": (b"  ", 400),
    "cut off": (GOOD[:-5], 400),
    "more behind it": (GOOD + GOOD, 400),
    "a name twice": (GOOD[:-1] + b', "count": 2}', 400),
    "a name twice, once escaped": (GOOD[:-1] + b', "c\\u006funt": 2}', 400),
    "byte order mark": (b"\xef\xbb\xbf" + GOOD, 400),
    "UTF-16": (GOOD.decode().encode("utf-16"), 400),
    "wrong UTF-8": (GOOD.replace(b"siamese", b"\xff"), 400),
    "overlong UTF-8": (GOOD.replace(b"siamese", b"\xc0\xaf"), 400),
    "surrogate in UTF-8": (GOOD.replace(b"siamese", b"\xed\xa0\x80"), 400),
    "lone surrogate": (GOOD.replace(b"siamese", b"\\ud800"), 400),
    "NUL": (GOOD.replace(b"siamese", b"\0"), 400),
    "escaped NUL": (GOOD.replace(b"siamese", b"a\\u0000"), 422),
    "comment": (b"/* */" + GOOD, 400),
    "single quotes": (GOOD.replace(b'"', b"'"), 400),
    "NaN": (with_value(b"NaN"), 400),
    "Infinity": (with_value(b"Infinity"), 400),
    "-Infinity": (with_value(b"-Infinity"), 400),
    "1e999": (with_value(b"1e999"), 400),
    "leading zero": (with_value(b"01"), 400),
    "sign": (with_value(b"+1"), 400),
    "integer beyond 64 bits": (with_value(b"9223372036854775808"), 422),
    "integer of 4,000 digits": (with_value(b"9" * 4000), 422),
    "boolean for a number": (with_value(b"true"), 422),
    "text for a number": (with_value(b'"1"'), 422),
    "null for a number": (with_value(b"null"), 422),
    "fraction for an integer": (with_value(b"1.5"), 422),
    "array": (b"[1]", 422),
    "null": (b"null", 422),
    "text": (f'"{CANARY}"'.encode(), 422),
    "8,000 levels": (b"[" * 8000 + b"]" * 8000, 400),
    "2,500 levels of objects": (b'{"a":' * 2500 + b"1" + b"}" * 2500, 400),
    "100,000 levels": (b"[" * 100_000, 413),
    "1,200 unknown names": (json.dumps(dict.fromkeys(map(str, range(1200)), 1)).encode(), 422),
    "a name of 16,000 letters": (json.dumps({"k" * 16_000: CANARY}).encode(), 422),
    "a name that writes log lines": (json.dumps({**RECIPE, "a\nFAKE\x1b[31m": CANARY}).encode(), 422),
    "a value to remember": (GOOD.replace(b"siamese", CANARY.encode() + b" X"), 422),
}
MEDIA = {
    "none": post("/v1/render", GOOD, media=None),
    "text": post("/v1/render", GOOD, media="text/plain"),
    "form": post("/v1/render", b"breed=siamese", media="application/x-www-form-urlencoded"),
    "parts": post("/v1/render", b"--x--", media="multipart/form-data; boundary=x"),
    "another JSON": post("/v1/render", GOOD, media="application/vnd.cats+json"),
    "two": post("/v1/render", GOOD, "Content-Type: text/plain"),
    "a list": post("/v1/render", GOOD, media="application/json, text/plain"),
    "gzip": post("/v1/render", gzip.compress(GOOD), "Content-Encoding: gzip"),
    "gzip behind identity": post("/v1/render", gzip.compress(GOOD), "Content-Encoding: identity, GZip"),
    "gzip bomb": post("/v1/render", gzip.compress(b"0" * 10_000_000), "Content-Encoding: gzip"),
}
IGNORED = [
    "X-HTTP-Method-Override: DELETE", "X-Method-Override: TRACE", "Catguard-Refusal: 1", "Expect: the-unexpected",
    "X-Forwarded-For: 6.6.6.6", "Forwarded: for=6.6.6.6;host=elsewhere.example", "Range: bytes=0-0", "Cookie: a=b",
    "Catguard-Context: " + "a" * 10_000, "Catguard-Context: \xff\xfe", "Catguard-Context: caller=", "X: \xff\xfe",
    "traceparent: " + "f" * 300, "traceparent: ff-" + "1" * 32 + "-" + "1" * 16 + "-01", "traceparent: \xff",
    "traceparent: 00-" + "0" * 32 + "-" + "0" * 16 + "-01", "tracestate: " + "a=b," * 1000, "baggage: " + "a=b," * 1000,
]  # fmt: skip


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("sent", NOT_HTTP.values(), ids=NOT_HTTP)
def test_request_that_is_not_http_is_refused_and_the_connection_closed(system: System, tier: str, sent: bytes) -> None:
    reply = refused(system.addresses[tier], sent)
    assert (reply.status, reply.closed) == (400, True)


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("sent", TOO_LARGE.values(), ids=TOO_LARGE)
def test_head_that_is_too_large_is_431(system: System, tier: str, sent: bytes) -> None:
    assert refused(system.addresses[tier], sent).status == 431


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target[:30])
def test_target_with_two_readings_or_none_is_refused(system: System, tier: str, target: str) -> None:
    assert refused(system.addresses[tier], head(target)).status in (400, 404)


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "TRACE", "PROPFIND", "PURGE", "CONNECT"])
def test_method_that_is_not_declared_is_405(system: System, tier: str, method: str) -> None:
    reply = refused(system.addresses[tier], head(ENTRY[tier], method=method))
    assert reply.status == 405
    assert method not in reply.headers["allow"]


@pytest.mark.parametrize("tier", NAMES)
@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:30])
def test_query_that_is_not_declared_is_refused(system: System, tier: str, query: str) -> None:
    number, text = NAMES[tier]
    told = query.replace("N", number, 1).replace("&N", f"&{number}") if query.startswith("N") else query
    told = told.replace("T", text, 1).replace("&T", f"&{text}") if told.startswith("T") else told
    entry = ENTRY[tier]
    reply = refused(system.addresses[tier], head(f"{entry}{'&' if '?' in entry else '?'}{told}"))
    assert reply.status == 400
    assert all(found["where"].startswith("/query") for found in reply.problem["violations"])


@pytest.mark.parametrize(("body", "status"), BODIES.values(), ids=BODIES)
def test_body_that_is_no_recipe_is_refused(system: System, body: bytes, status: int) -> None:
    reply = refused(system.addresses["catomatic"], post("/v1/render", body))
    assert reply.status == status
    assert all(found["why"] and found["policy"] for found in reply.problem["violations"])
    assert "\nFAKE" not in system.log()


@pytest.mark.parametrize("sent", MEDIA.values(), ids=MEDIA)
def test_body_of_another_kind_is_415(system: System, sent: bytes) -> None:
    assert refused(system.addresses["catomatic"], sent).status == 415


@pytest.mark.parametrize("tier", ["frontend", "store"])
@pytest.mark.parametrize(("body", "status"), [(b"x" * 9, 400), (GOOD, 400)], ids=["text", "JSON"])
def test_body_where_none_is_declared_is_refused(system: System, tier: str, body: bytes, status: int) -> None:
    sent = post(ENTRY[tier], body).replace(b"POST", b"GET", 1)
    assert refused(system.addresses[tier], sent).status == status


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("header", IGNORED, ids=lambda header: header[:30])
def test_header_that_means_nothing_here_changes_nothing(system: System, tier: str, header: str) -> None:
    sent = post("/v1/render", GOOD, header) if tier == "catomatic" else head(ENTRY[tier], header)
    assert ask(system.addresses[tier], sent).status == 200


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("protocol", ["websocket", "h2c"])
def test_upgrade_is_not_followed(system: System, tier: str, protocol: str) -> None:
    asked = (f"Upgrade: {protocol}", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABkAAQAAP__")
    websocket = ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")
    reply = ask(system.addresses[tier], head("/healthz", *asked, *websocket))
    assert (reply.status, reply.closed) == (403 if protocol == "websocket" else 200, True)


@pytest.mark.parametrize("caller", ["store", "public", "nobody", CANARY])
def test_caller_that_may_not_call_is_403(system: System, caller: str) -> None:
    sent = post("/v1/render", GOOD, f"Catguard-Context: caller={caller}")
    assert refused(system.addresses["catomatic"], sent).status == 403


def test_caller_that_is_claimed_at_a_public_edge_counts_for_nothing(system: System) -> None:
    sent = head("/api/cats?width=64&height=64&seed=5", f"Catguard-Context: caller=catomatic, root={CANARY}")
    reply = ask(system.addresses["frontend"], sent)
    assert reply.status == 200
    spans = system.spans_of(reply.headers["traceresponse"].split("-")[1])
    callers = {span.tier: span.attributes["catguard.caller.component"] for span in spans if span.kind == 2}
    assert callers == {"frontend": "public", "catomatic": "frontend", "store": "catomatic"}
    assert CANARY not in repr(spans)


def test_trace_that_is_claimed_at_a_public_edge_is_linked_and_not_joined(system: System) -> None:
    claimed = "1" * 32
    reply = ask(system.addresses["frontend"], head("/healthz", f"traceparent: 00-{claimed}-{'2' * 16}-01"))
    own = reply.headers["traceresponse"].split("-")[1]
    assert own != claimed
    (span,) = system.spans_of(own)
    assert span.links == (claimed,)
