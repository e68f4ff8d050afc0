"""Good requests to the running system, and bad ones that are sent in good faith."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from PIL import Image

from catguard_frontend.menu import SCALES
from tests.system.running import PATIENCE, TIERS, System, trace_of

SENTENCE = "three siamese cats in a rose garden at 480x620px"
PARAMETERS: dict[str, str | int] = {"breed": "siamese", "count": 3, "scene": "rose-garden", "width": 480, "height": 620}
FOR_EVER = "public, max-age=31536000, immutable"


@pytest.fixture(scope="module")
def client(system: System) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=system.addresses["frontend"], timeout=PATIENCE) as client:
        yield client


@pytest.fixture(scope="module")
def picture(client: httpx2.Client) -> httpx2.Response:
    """A picture of three cats."""
    return client.get(client.get("/api/cats", params=PARAMETERS).json()["url"])


@pytest.mark.parametrize("query", [PARAMETERS, {"ask": SENTENCE}], ids=["parameters", "sentence"])
def test_cats_answers_a_picture_of_the_size_ordered(client: httpx2.Client, query: dict[str, str | int]) -> None:
    answer = client.get("/api/cats", params=query)
    assert answer.status_code == 200, answer.text
    cats = answer.json()
    picture = client.get(cats["url"])
    assert picture.headers["content-type"] == "image/webp"
    with Image.open(io.BytesIO(picture.content)) as image:
        image.load()
        assert (image.format, image.size) == ("WEBP", (480, 620))
    assert [cat["breed"] for cat in cats["cats"]] == ["siamese"] * 3
    assert cats["recipe"]["scene"] == "rose-garden"


def test_cats_of_a_sentence_says_what_was_understood(client: httpx2.Client) -> None:
    assert client.get("/api/cats", params={"ask": SENTENCE}).json()["understood"] == f"{SENTENCE} as webp"


@pytest.mark.parametrize("format", ["webp", "png", "jpeg", "avif"])
def test_picture_has_the_format_ordered(client: httpx2.Client, format: str) -> None:
    cats = client.get("/api/cats", params={"width": 80, "height": 60, "format": format}).json()
    with Image.open(io.BytesIO(client.get(cats["url"]).content)) as image:
        assert (image.format, image.size) == (format.upper(), (80, 60))


def test_width_beyond_the_limit_is_refused_before_a_call_leaves(system: System, client: httpx2.Client) -> None:
    answer = client.get("/api/cats", params={**PARAMETERS, "width": 1_000_000_000})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    (violation,) = answer.json()["violations"]
    assert violation["boundary"] == "frontend.inbound.cats"
    assert violation["where"] == "/query/width"
    assert "4096" in violation["limit"]
    (span,) = system.spans_of(trace_of(answer))
    assert (span.tier, span.attributes["catguard.decision"]) == ("frontend", "deny")


def test_picture_is_kept_by_its_digest_for_ever(client: httpx2.Client, picture: httpx2.Response) -> None:
    digest = picture.url.path.removeprefix("/pictures/").removesuffix(".webp")
    assert (picture.headers["etag"], picture.headers["cache-control"]) == (f'"{digest}"', FOR_EVER)


@pytest.mark.parametrize("validator", ["{}", "W/{}", '"another", {}'])
def test_picture_that_the_caller_has_is_not_sent_again(
    client: httpx2.Client, picture: httpx2.Response, validator: str
) -> None:
    asked = {"if-none-match": validator.format(picture.headers["etag"])}
    answer = client.get(str(picture.url), headers=asked)
    assert (answer.status_code, answer.content) == (304, b"")
    assert (answer.headers["etag"], answer.headers["cache-control"]) == (picture.headers["etag"], FOR_EVER)


def test_picture_that_the_caller_has_another_of_is_sent(client: httpx2.Client, picture: httpx2.Response) -> None:
    answer = client.get(str(picture.url), headers={"if-none-match": '"another"'})
    assert (answer.status_code, answer.content) == (200, picture.content)


def test_picture_that_was_never_made_is_404(client: httpx2.Client) -> None:
    answer = client.get(f"/pictures/{'0' * 64}.webp")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.fixture(scope="module")
def store_cats(system: System) -> list[dict[str, Any]]:
    """The store's cats, from the widest to the tallest."""
    found = httpx2.get(f"{system.addresses['store']}/v1/pictures?kind=cat", timeout=PATIENCE).json()["pictures"]
    return sorted(found, key=lambda cat: cat["height"] / cat["width"])


@pytest.mark.parametrize("which", [0, -1], ids=["widest", "tallest"])
@pytest.mark.parametrize(("scale", "width"), [(0, 480), (0.5, 960), (SCALES[-1], 1600)])
def test_zoom_has_the_proportion_of_the_picture(
    client: httpx2.Client, store_cats: list[dict[str, Any]], which: int, scale: float, width: int
) -> None:
    cat = store_cats[which]
    query = {"picture": cat["id"], "part": "face", "scale": scale}
    answer = client.get("/api/zoom", params=query)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert cat["width"] != cat["height"]
    assert (told["width"], told["height"]) == (width, round(width * cat["height"] / cat["width"]))
    with Image.open(io.BytesIO(client.get(told["url"]).content)) as image:
        assert image.size == (told["width"], told["height"])


def test_zoom_orders_the_same_whatever_was_seen_of_the_cat(
    client: httpx2.Client, store_cats: list[dict[str, Any]]
) -> None:
    cat = store_cats[-1]
    query = {"picture": cat["id"], "part": "tail", "scale": 0.1}
    before = client.get("/api/zoom", params=query)
    seen = client.get("/api/cats", params={"breed": cat["breed"], "count": 12, "width": 333, "height": 222})
    assert cat["id"] in {shown["picture"] for shown in seen.json()["cats"]}
    assert client.get("/api/zoom", params=query).json() == before.json()


@pytest.mark.parametrize("scale", [0, 0.999])
def test_zoom_of_a_cat_that_nobody_has_is_not_found(client: httpx2.Client, scale: float) -> None:
    query = {"picture": "f" * 16, "part": "nose", "scale": scale}
    answer = client.get("/api/zoom", params=query)
    assert (answer.status_code, answer.json()["title"]) == (404, "No such cat")
    assert "There is no such cat any more" in client.get("/zoom", params=query).text


@pytest.mark.parametrize("path", ["/", "/api/cats", "/openapi.json", "/static/cats.css", "/healthz"])
def test_head_is_answered_as_get_without_the_body(client: httpx2.Client, path: str) -> None:
    got, headed = client.get(path), client.head(path)
    assert (headed.status_code, headed.content) == (200, b"")
    assert headed.headers["content-type"] == got.headers["content-type"]
    if path != "/":  # a page may have waited for its cats longer than the other
        assert headed.headers["content-length"] == got.headers["content-length"]


@pytest.mark.parametrize("tier", TIERS)
def test_options_says_what_is_declared(system: System, tier: str) -> None:
    answer = httpx2.options(f"{system.addresses[tier]}/healthz", timeout=PATIENCE)
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS")


def test_method_that_is_not_declared_is_405_and_told_what_is(client: httpx2.Client) -> None:
    answer = client.post("/api/cats")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_tier_is_healthy_and_ready(system: System, tier: str, path: str) -> None:
    assert httpx2.get(system.addresses[tier] + path, timeout=PATIENCE).status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/?count=1000", 400, "60"),
        ("/?count=30&size=large", 422, "fewer cats"),
        ("/?breed=<script>alert(1)</script>", 400, "breed"),
        ("/?<script>=1", 400, "nothing that can be asked for"),
        ("/nowhere", 404, ""),
        ("/<script>", 404, ""),
        ("/zoom?scale=1", 400, "scale"),
    ],
)
def test_person_who_asks_for_the_impossible_gets_a_page(
    client: httpx2.Client, path: str, status: int, said: str
) -> None:
    answer = client.get(path, headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert said in answer.text
    assert "<script" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("tier", TIERS)
def test_tier_that_was_killed_serves_again(system: System, client: httpx2.Client, tier: str) -> None:
    assert client.get("/api/cats", params={"width": 70, "seed": 1}).status_code == 200
    system.kill(tier)
    answer = client.get("/api/cats", params={"width": 70, "seed": 2 + TIERS.index(tier)})
    assert answer.status_code == 200, answer.text
    assert "SIGKILL" in system.log()
