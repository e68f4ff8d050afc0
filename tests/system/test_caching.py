"""Pictures over HTTP, by hand: what caches keep, what they must not, and what is new in the store."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import time
from collections.abc import Iterator

import httpx2
import pytest
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import create_async_engine

from catguard_store.records import Picture
from catguard_store.repository import Repository
from catguard_store.tables import pictures
from tests.system.running import PATIENCE, TIERS, System, trace_of
from tests.system.wire import Reply, ask, head

SEEDED = "/cats?breed=siamese&scene=rose-garden&count=2&width=160&height=200&seed=7"
KEPT = ("etag", "cache-control", "vary")


@pytest.fixture(scope="module")
def whole(system: System) -> Reply:
    return ask(system.addresses["frontend"], head(SEEDED, "Accept: image/webp"))


def test_picture_is_sent_with_all_that_caches_need(whole: Reply) -> None:
    assert (whole.status, whole.headers["content-type"]) == (200, "image/webp")
    assert whole.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert whole.headers["vary"] == "Accept"
    assert len(whole.body) == int(whole.headers["content-length"])


def test_head_of_a_picture_has_all_headers_of_get(system: System, whole: Reply) -> None:
    answer = ask(system.addresses["frontend"], head(SEEDED, "Accept: image/webp", method="HEAD"))

    changing = ("date", "traceresponse", "server-timing")
    assert (answer.status, answer.body) == (200, b"")
    assert {name: value for name, value in answer.headers.items() if name not in changing} == {
        name: value for name, value in whole.headers.items() if name not in changing
    }


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("form", [["{}"], ['"x", W/{}'], ["*"], ['"x"', "{}"]], ids=["one", "list", "star", "lines"])
def test_picture_that_the_caller_has_is_not_sent_again(
    system: System, whole: Reply, method: str, form: list[str]
) -> None:
    asked = [f"If-None-Match: {line.format(whole.headers['etag'])}" for line in form]
    answer = ask(system.addresses["frontend"], head(SEEDED, "Accept: image/webp", *asked, method=method))

    assert (answer.status, answer.body) == (304, b"")
    assert [answer.headers[name] for name in KEPT] == [whole.headers[name] for name in KEPT]


def test_picture_that_the_caller_has_is_never_ordered(system: System) -> None:
    fresh = SEEDED.replace("seed=7", "seed=8")
    url = system.addresses["frontend"] + fresh
    answer = httpx2.get(url, headers={"if-none-match": "*"}, timeout=PATIENCE)

    assert answer.status_code == 304
    assert not [span for span in system.spans_of(trace_of(answer)) if "render" in span.name]


def test_picture_without_a_seed_is_elsewhere_on_the_same_origin(system: System) -> None:
    with httpx2.Client(base_url=system.addresses["frontend"], timeout=PATIENCE, follow_redirects=True) as client:
        answer = client.get("/cats?width=99&height=99&format=png", headers={"host": "elsewhere.example"})
        (first,) = answer.history

    assert (first.status_code, first.headers["cache-control"]) == (302, "no-store")
    assert first.headers["location"].startswith("/cats?breed=")
    assert answer.headers["content-type"] == "image/png"
    assert len(first.content) < 300


def test_picture_of_any_accept_header_is_one_of_three(system: System) -> None:
    rubbish = "image/png, image/webp;q=0, ;;,=/*;" * 240
    answer = ask(system.addresses["frontend"], head(SEEDED, f"Accept: {rubbish}"[:8192]))

    assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")


@pytest.mark.parametrize(("accept", "media"), [("image/avif", "image/avif"), ("image/avif,image/webp", "image/webp")])
def test_representations_have_entity_tags_of_their_own(system: System, whole: Reply, accept: str, media: str) -> None:
    answer = ask(system.addresses["frontend"], head(SEEDED, f"Accept: {accept}"))

    assert answer.headers["content-type"] == media
    assert (answer.headers["etag"] == whole.headers["etag"]) == (media == "image/webp")
    assert (answer.body == whole.body) == (media == "image/webp")


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize(
    "request_",
    [
        head("/nowhere"),
        head("/nowhere", "Accept: text/html"),
        head("/healthz", method="DELETE"),
        head("/healthz?x=1"),
        head("/%2e%2e/x"),
        head("/v1/pictures/zzz"),
        head("/v1/pictures/ffffffffffffffff"),
        head("/cats?breed=unicorn&seed=1"),
        head("/picture?ask=three%20unicorns", "Accept: text/html"),
        head("/zoom?picture=ffffffffffffffff", "Accept: text/html"),
        head("/healthz", "X: " + "x" * 40_000),
        b"NONSENSE\r\n\r\n",
    ],
    ids=lambda request: request.split(b"\r\n")[0].decode(),
)
def test_no_error_may_be_kept(system: System, tier: str, request_: bytes) -> None:
    answer = ask(system.addresses[tier], request_)

    assert 400 <= answer.status < 500
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


@pytest.fixture
def ragdoll(system: System) -> Iterator[Picture]:
    """A cat of a breed that nobody draws, put into the store of the running system, and taken out again."""

    async def insert() -> Picture:
        engine = create_async_engine(f"sqlite+aiosqlite:///{system.data / 'store' / 'store.db'}")
        repository = Repository(engine)
        (found,) = await repository.find(kind="cat", breed="siamese", limit=1)
        digest = hashlib.sha256(b"a ragdoll").hexdigest()
        ours = dataclasses.replace(found, id=digest[:16], digest=digest, breed="ragdoll", source="test/ragdoll")
        images = [image for width in found.widths if (image := await repository.image(found.id, width))]
        await repository.insert(ours, images)
        await engine.dispose()
        return ours

    async def remove(picture: Picture) -> None:
        engine = create_async_engine(f"sqlite+aiosqlite:///{system.data / 'store' / 'store.db'}")
        async with engine.begin() as connection:
            await connection.execute(delete(pictures).where(pictures.c.id == picture.id))
        await engine.dispose()

    picture = asyncio.run(insert())
    yield picture
    asyncio.run(remove(picture))


def test_breed_that_is_stored_later_is_offered_everywhere(system: System, ragdoll: Picture) -> None:
    with httpx2.Client(base_url=system.addresses["frontend"], timeout=PATIENCE, follow_redirects=True) as client:
        until = time.monotonic() + PATIENCE
        while (answer := client.get("/cats?breed=ragdoll&seed=1")).status_code == 404:
            assert time.monotonic() < until, answer.text
            time.sleep(0.2)
        said = client.get("/api/cats", params={"ask": "two ragdolls in the snow at 99x99"}).json()
        page = client.get("/?count=1").text

    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert [cat["picture"] for cat in said["cats"]] == [ragdoll.id] * 2
    assert '<option value="ragdoll"' in page
