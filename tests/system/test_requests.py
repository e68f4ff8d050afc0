"""Good requests to the running system, and bad ones that users send in good faith."""

from __future__ import annotations

import io

import httpx2
import pytest
from PIL import Image

from tests.system.running import TIERS, System, trace_of

SENTENCE = "three siamese cats in a rose garden at 480x620px"
PARAMETERS = {"breed": "siamese", "count": 3, "scene": "rose-garden", "width": 480, "height": 620}


@pytest.fixture
def client(system: System):
    with httpx2.Client(base_url=system.addresses["frontend"], timeout=60) as client:
        yield client


@pytest.mark.parametrize("query", [PARAMETERS, {"ask": SENTENCE}], ids=["parameters", "sentence"])
def test_cats_answers_a_picture_of_the_size_ordered(client: httpx2.Client, query: dict[str, object]) -> None:
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


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_tier_is_healthy_and_ready(system: System, tier: str, path: str) -> None:
    assert httpx2.get(system.addresses[tier] + path, timeout=60).status_code == 200


def test_width_beyond_the_limit_is_refused_before_a_call_leaves(system: System, client: httpx2.Client) -> None:
    answer = client.get("/api/cats", params={**PARAMETERS, "width": 1_000_000_000})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    (violation,) = answer.json()["violations"]
    assert violation["boundary"] == "frontend.inbound.cats"
    assert violation["where"] == "/query/width"
    assert "4096" in violation["limit"]
    (span,) = system.spans_of(trace_of(answer))
    assert (span.tier, span.attributes["catguard.decision"]) == ("frontend", "deny")
