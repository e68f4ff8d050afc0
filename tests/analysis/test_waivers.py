"""Findings about waivers on a day, and how check, explain and up tell them."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from catguard.analysis.examples import run_examples
from catguard.analysis.lint import lint
from catguard.analysis.waivers import check_waivers
from catguard.cli.check import examine
from catguard.cli.main import cli
from catguard.policies.clock import utc_now
from catguard.policies.loader import compile_texts
from tests.waivers import NEEDS, TWELVE, WAIVER, compiled, text


def found(waivers: str = WAIVER, *, example: str = NEEDS, days: int = -40) -> list[tuple[str, str]]:
    now = TWELVE + timedelta(days=days)
    snapshot = compiled(waivers, example=example, now=[now])
    findings = check_waivers(snapshot.policies, tuple(run_examples(snapshot)), now)
    return [(finding.rule, finding.level) for finding in findings]


def test_waiver_that_an_example_needs_is_no_finding() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("days", "rules"),
    [
        (-15, []),
        (-14, [("waiver-expires-soon", "warning")]),
        (0, [("waiver-expires-soon", "warning")]),
        (1, [("waiver-expired", "error")]),
        (400, [("waiver-expired", "error")]),
    ],
)
def test_waiver_is_told_from_two_weeks_before_its_end(days: int, rules: list[tuple[str, str]]) -> None:
    assert found(days=days) == rules


def test_waiver_that_no_example_needs_is_unused() -> None:
    assert found(example="") == [("waiver-unused", "warning")]


def test_waiver_of_what_denies_nothing_is_unused() -> None:
    assert found(WAIVER.replace("even", "few"), example="") == [("waiver-unused", "warning")]


@pytest.mark.parametrize("rule", ["waiver-unused", "waiver-expires-soon", "waiver-expired"])
def test_waiver_that_is_found_can_be_switched_off_at_its_boundary(rule: str) -> None:
    days = {"waiver-unused": -40, "waiver-expires-soon": -3, "waiver-expired": 3}[rule]
    example, now = ("" if rule == "waiver-unused" else NEEDS), TWELVE + timedelta(days=days)
    off = text(example=example).replace(
        "        from: public", f"        from: public\n        lint: {{{rule}: {{off: so}}}}"
    )
    snapshot = compile_texts([("shelf.yaml", off)], clock=lambda: now)
    findings = lint(snapshot, check_waivers(snapshot.policies, tuple(run_examples(snapshot)), now))
    assert [finding.rule for finding in findings if finding.rule.startswith(("waiver", "unused"))] == []


def test_accepted_example_may_break_what_is_waived_as_long_as_it_is() -> None:
    for days, passed in ((0, True), (1, False)):
        now = TWELVE + timedelta(days=days)
        results = run_examples(compiled(example=NEEDS, now=[now]))
        assert next(result for result in results if result.example == "three").passed == passed


def test_check_fails_when_a_waiver_has_expired(tmp_path: Path) -> None:
    path = tmp_path / "shelf.yaml"
    path.write_text(text(example=NEEDS))
    assert examine([path], clock=lambda: TWELVE).ok
    report = examine([path], clock=lambda: TWELVE + timedelta(days=2))
    assert not report.ok
    expired = next(finding for finding in report.findings if finding.rule == "waiver-expired")
    assert "expired 2 days ago, on 2027-01-31, and has no effect" in expired.message


def dated(path: Path, days: int) -> Path:
    day = (utc_now() + timedelta(days=days)).date()
    path.write_text(text(WAIVER.replace("2027-01-31", str(day))))
    return path


def invoke(*arguments: str) -> str:
    return " ".join(CliRunner().invoke(cli, arguments).output.split())


def test_explain_shows_waivers_at_their_assumption(tmp_path: Path) -> None:
    path = dated(tmp_path / "shelf.yaml", 3)
    told = invoke("explain", "shelf", "--policies", str(path))
    assert "the waiver of even at shelf.inbound.put (Other (#other)) ends in 3 days" in told
    assert "let through as waived until" in told
    rows = json.loads(invoke("explain", "shelf", "--policies", str(path), "--format", "json"))[0]["assumptions"]
    (waived,) = [row for row in rows if row["waiver"]]
    assert (waived["id"], waived["waiver"]["owner"], waived["waiver"]["in_force"]) == ("even", "Other (#other)", True)


def test_explain_of_an_expired_waiver_says_that_it_has_no_effect(tmp_path: Path) -> None:
    told = invoke("explain", "shelf", "--policies", str(dated(tmp_path / "shelf.yaml", -1)))
    assert "expired 1 day ago" in told
    assert "let through as waived" not in told
