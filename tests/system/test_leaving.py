"""Callers of Cat-o-matic who leave before their picture is drawn."""

from __future__ import annotations

import json
import secrets
import time

from tests.system.running import PATIENCE, Span, System
from tests.system.wire import connect, post

CALLERS = 6


def at(spans: list[Span], operation: str) -> list[Span]:
    return [span for span in spans if span.attributes.get("catguard.boundary.name") == f"catomatic.inbound.{operation}"]


def test_pictures_are_not_drawn_for_callers_who_left(system: System) -> None:
    trace = secrets.token_hex(16)
    about = (f"traceparent: 00-{trace}-{secrets.token_hex(8)}-01", "catguard-context: caller=frontend")
    order = {"breed": "siamese", "scene": "snow", "count": 3, "width": 1600, "height": 1200, "format": "png"}
    for seed in range(CALLERS):
        with connect(system.addresses["catomatic"]) as connection:
            connection.sendall(post("/v1/render", json.dumps({**order, "seed": seed}).encode(), *about))

    until = time.monotonic() + PATIENCE
    while len(at(spans := system.spans_of(trace), "render")) < CALLERS:
        assert time.monotonic() < until
        time.sleep(0.2)
    assert len(at(spans, "encode")) < CALLERS
