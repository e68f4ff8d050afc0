"""A waiver lets through until its day ends, at run time too, and is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from opentelemetry.context import Context

from catguard.engine.evaluator import rehearse
from catguard.telemetry import names
from catguard.telemetry.events import Events, violation_attributes
from tests.telemetry.conftest import Memory
from tests.waivers import TWELVE, WAIVER, compiled


def test_waived_violation_is_audited_until_the_day_ends() -> None:
    now = [TWELVE]
    snapshot = compiled(now=now)
    before = rehearse(snapshot, "shelf.inbound.put", {"body": {"count": 3}})
    now.append(TWELVE + timedelta(hours=12) - timedelta(microseconds=1))
    last = rehearse(snapshot, "shelf.inbound.put", {"body": {"count": 3}})
    now.append(TWELVE + timedelta(hours=12))
    after = rehearse(snapshot, "shelf.inbound.put", {"body": {"count": 3}})
    assert [decision.allowed for decision in (before, last, after)] == [True, True, False]
    assert [decision.violations[0].action for decision in (before, last, after)] == ["audit", "audit", "deny"]
    assert before.violations[0].waiver
    assert after.violations[0].waiver is None


def test_waiver_is_of_its_assumption_alone() -> None:
    decision = rehearse(compiled(now=[TWELVE]), "shelf.inbound.put", {"body": {"count": 10}})
    assert not decision.allowed


def test_status_that_is_not_declared_can_be_waived() -> None:
    snapshot = compiled(WAIVER.replace("even", "status"), now=[TWELVE])
    decision = rehearse(snapshot, "shelf.inbound.put", {"body": {"count": 2}}, {"status": 418})
    assert decision.allowed
    assert [found.assumption for found in decision.violations] == ["status"]


def test_event_says_waived_with_owner_and_expiry() -> None:
    memory = Memory()
    (violation,) = rehearse(compiled(now=[TWELVE]), "shelf.inbound.put", {"body": {"count": 3}}).violations
    attributes = violation_attributes(violation)
    assert attributes[names.WAIVED] is True
    assert attributes[names.WAIVER_OWNER] == "Other (#other)"
    assert attributes[names.WAIVER_EXPIRES] == "2027-01-31"
    Events(memory.loggers.get_logger("catguard"), "shelf").violation(violation, attributes, Context())
    body = str(memory.logs[0].log_record.body)
    assert "waived until 2027-01-31 by Other (#other): until the old crates are gone" in body
    memory.telemetry("shelf").metrics.violation(violation, Context())
    (point,) = memory.points(names.METRIC_VIOLATIONS)
    assert point.attributes[names.WAIVED] is True


@pytest.mark.parametrize("count", [3, 8])
def test_violation_without_a_waiver_in_force_does_not_say_waived(count: int) -> None:
    snapshot = compiled(now=[TWELVE + timedelta(days=1)])
    (violation,) = rehearse(snapshot, "shelf.inbound.put", {"body": {"count": count}}).violations
    assert names.WAIVED not in violation_attributes(violation)
