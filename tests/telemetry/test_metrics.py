from __future__ import annotations

from catguard.telemetry import Telemetry, names
from tests.telemetry.conftest import VIOLATION, Memory, denied

ATTRIBUTES = {
    names.HTTP_REQUEST_METHOD: "POST",
    names.HTTP_ROUTE: "/v1/render",
    names.URL_SCHEME: "http",
    names.URL_PATH: "/v1/render",
    names.SERVER_ADDRESS: "whatever.the.caller.wrote",
}


def test_duration_inbound_has_few_attributes_and_the_recommended_buckets(telemetry: Telemetry, memory: Memory) -> None:
    observation = telemetry.start("inbound", VIOLATION.boundary, name="x", attributes=ATTRIBUTES, revision="r1")
    memory.clock.now += 0.03
    observation.end(status=200)
    (point,) = memory.points("http.server.request.duration")
    assert dict(point.attributes) == {
        "http.request.method": "POST",
        "http.route": "/v1/render",
        "url.scheme": "http",
        "http.response.status_code": 200,
        "catguard.boundary.name": "catomatic.inbound.render",
    }
    assert point.explicit_bounds == (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
    assert list(point.bucket_counts).index(1) == 3
    assert abs(point.sum - 0.03) < 1e-9


def test_duration_outbound_names_the_server_and_the_error(telemetry: Telemetry, memory: Memory) -> None:
    observation = telemetry.start("outbound", None, name="x", attributes=ATTRIBUTES, revision="r1")
    observation.end(error_type="httpx2.ConnectError")
    (point,) = memory.points("http.client.request.duration")
    assert point.attributes[names.SERVER_ADDRESS] == "whatever.the.caller.wrote"
    assert point.attributes[names.ERROR_TYPE] == "httpx2.ConnectError"


def test_duration_of_calls_and_database_is_not_recorded(telemetry: Telemetry, memory: Memory) -> None:
    telemetry.start("call", None, name="x", attributes={}, revision="r1").end()
    telemetry.start("database", None, name="x", attributes={}, revision="r1").end()
    assert memory.points("http.server.request.duration") == memory.points("http.client.request.duration") == []


def test_violations_are_counted_by_assumption(telemetry: Telemetry, memory: Memory) -> None:
    for _ in range(3):
        observation = telemetry.start("inbound", VIOLATION.boundary, name="x", attributes={}, revision="r1")
        observation.decided(denied(VIOLATION), "request")
        observation.end(status=422)
    (point,) = memory.points("catguard.violations")
    assert point.value == 3
    assert dict(point.attributes) == {
        "catguard.assumption": "picture-area",
        "catguard.boundary.name": "catomatic.inbound.render",
        "catguard.boundary.side": "inbound",
        "catguard.phase": "request",
        "catguard.action": "deny",
    }


def test_undeclared_requests_are_one_series_a_method(telemetry: Telemetry, memory: Memory) -> None:
    for number in range(100):
        telemetry.undeclared("GET", f"/{number}")
        telemetry.undeclared(f"BREW{number}", "/")
    points = memory.points("catguard.undeclared.requests")
    assert {(point.attributes["http.request.method"], point.value) for point in points} == {
        ("GET", 100),
        ("_OTHER", 100),
    }
