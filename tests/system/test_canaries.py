"""Secrets stay where they are: words planted in every part of real requests come up in nothing that is kept or told."""

from __future__ import annotations

from itertools import count

import httpx2
import pytest

from tests.system.running import PATIENCE, System

#: Told to nobody: unlike any word of the system, and a slug, so that shapes let it through to the database.
CANARY = "canary7f3a"
ORDER = {"breed": "siamese", "scene": "rose-garden", "count": 1, "width": 64, "height": 64, "format": "webp"}


class Planter:
    """Sends requests with a canary of its own in each place."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.answers: list[httpx2.Response] = []
        self._numbers = count(1)

    def canary(self) -> str:
        return f"{CANARY}{next(self._numbers)}"

    def headers(self) -> dict[str, str]:
        return {
            "authorization": f"Bearer {self.canary()}",
            "cookie": f"session={self.canary()}",
            "x-api-key": self.canary(),
            "user-agent": self.canary(),
            "referer": f"https://example.org/{self.canary()}",
            "accept": f"text/{self.canary()}, */*",
            "baggage": f"secret={self.canary()}",
            "if-none-match": f'"{self.canary()}"',
        }

    def send(self, tier: str, method: str, path: str, **options: object) -> None:
        url = self.system.addresses[tier] + path
        answer = httpx2.request(method, url, headers=self.headers(), timeout=PATIENCE, **options)  # type: ignore[arg-type] # json and params
        self.answers.append(answer)


@pytest.fixture(scope="module")
def planted(system: System) -> Planter:
    planter = Planter(system)
    word = planter.canary
    planter.send("frontend", "GET", "/")
    planter.send("frontend", "GET", "/", params={"breed": word()})
    planter.send("frontend", "GET", "/api/cats", params={**ORDER, "breed": word()})
    planter.send("frontend", "GET", "/api/cats", params={**ORDER, "width": word(), "scene": word().upper()})
    planter.send("frontend", "GET", "/api/cats", params={**ORDER, "colour": word()})
    planter.send("frontend", "GET", "/api/cats", params={"ask": f"two {word()} cats"})
    planter.send("frontend", "GET", f"/pictures/{word()}.webp")
    planter.send("frontend", "GET", "/api/zoom", params={"picture": word(), "part": word(), "scale": 0.5})
    planter.send("catomatic", "POST", "/v1/render", json={**ORDER, "breed": word()})
    planter.send(
        "catomatic", "POST", "/v1/render", json={**ORDER, "breed": word().upper(), "format": word(), "seed": word()}
    )
    planter.send("catomatic", "POST", "/v1/render", json={**ORDER, "width": {"deep": [word()]}})
    planter.send("catomatic", "POST", "/v1/render", content=f'{{"breed": {word()}'.encode())
    planter.send("store", "GET", "/v1/pictures", params={"kind": "cat", "tag": word(), "breed": word()})
    planter.send("store", "GET", "/v1/pictures", params={"kind": word()})
    planter.send("store", "GET", f"/v1/pictures/{word()}")
    return planter


def test_requests_with_canaries_are_both_accepted_and_refused(planted: Planter) -> None:
    codes = {answer.status_code for answer in planted.answers}
    assert 200 in codes
    assert codes & {400, 404, 422}
    assert not codes & {500, 502}


def test_no_canary_is_in_spans_events_or_logs(planted: Planter) -> None:
    planted.system.trace_lines()  # they are written
    place = planted.system.place
    kept = {name: (place / name).read_text(errors="replace") for name in ("trace.jsonl", "stderr", "stdout")}
    for name, text in kept.items():
        leaks = [
            line[max(at - 300, 0) : at + 60] for line in text.splitlines() if (at := line.lower().find(CANARY)) >= 0
        ]
        assert leaks == [], name
    assert "catguard.violation" in kept["trace.jsonl"]


def test_no_canary_is_told_to_others(planted: Planter, system: System) -> None:
    for path in ("/", "/api/cats?ask=two%20cats", "/openapi.json", "/nowhere", "/readyz"):
        answer = httpx2.get(system.addresses["frontend"] + path, timeout=PATIENCE)
        assert CANARY not in answer.text.lower()
        assert CANARY not in str(answer.headers).lower()


def test_no_canary_of_a_header_or_body_comes_back(planted: Planter) -> None:
    for answer in planted.answers:
        told = answer.text.lower() + str(answer.headers).lower()
        for name, value in answer.request.headers.items():
            if CANARY in value:
                word = CANARY + value.rpartition(CANARY)[2].rstrip('", */')
                assert word not in told, name
