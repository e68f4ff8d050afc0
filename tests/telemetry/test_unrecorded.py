from __future__ import annotations

from catguard.telemetry import Telemetry, names
from tests.telemetry.conftest import CALLER, TRACEPARENT, VIOLATION, denied, start


def test_without_sdk_trace_id_is_the_callers() -> None:
    observation = start(Telemetry("catomatic"), headers={"traceparent": TRACEPARENT})
    assert observation.trace_id == CALLER
    headers: dict[str, str] = {}
    with observation.active():
        call = start(Telemetry("catomatic"), "outbound", "catomatic.outbound.find")
        call.inject(headers)
    assert headers["traceparent"] == TRACEPARENT


def test_without_sdk_trace_id_is_drawn_and_passed_on() -> None:
    drawn: list[int] = []

    def random_bits(bits: int) -> int:
        drawn.append(bits)
        return 0xCA7

    telemetry = Telemetry("frontend", random_bits=random_bits)
    observation = start(telemetry, headers={"traceparent": TRACEPARENT}, public=True)
    assert drawn == [128, 64]
    assert observation.trace_id == f"{0xCA7:032x}"
    assert observation.traceresponse == f"00-{0xCA7:032x}-{0xCA7:016x}-02"
    headers: dict[str, str] = {}
    with observation.active():
        call = start(telemetry, "outbound", "frontend.outbound.render")
        call.inject(headers)
    assert call.trace_id == observation.trace_id
    assert headers == {"traceparent": f"00-{0xCA7:032x}-{0xCA7:016x}-02"}
    assert drawn == [128, 64]


def test_without_sdk_everything_may_be_told() -> None:
    telemetry = Telemetry("catomatic")
    observation = start(telemetry)
    observation.set(names.CALLER_COMPONENT, "frontend")
    observation.decided(denied(VIOLATION), "request")
    observation.violated([VIOLATION])
    observation.failed(KeyError("nose"))
    observation.end(status=422)
    telemetry.undeclared("GET", "/wp-login.php")
