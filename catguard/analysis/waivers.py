"""What there is to say about waivers on a day: which have expired, which are about to, and which nothing needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from catguard.analysis.examples import ExampleResult
from catguard.analysis.findings import Finding
from catguard.policies.clock import days_left
from catguard.policies.model import PolicySet, Waiver

State = Literal["in force", "expires soon", "expired"]
#: Days before its end in which a waiver is told as one that expires soon: the time that a mend takes to be planned.
SOON = 14


@dataclass(frozen=True, slots=True)
class WaiverStatus:
    """A waiver on a day; `days` are those that are left, 0 on its last day, less when it is over."""

    waiver: Waiver
    state: State
    days: int

    def __str__(self) -> str:
        found = self.waiver
        about = f"the waiver of {found.assumption} at {found.boundary} ({found.owner})"
        if self.state == "expired":
            return f"{about} expired {_days(-self.days)} ago, on {found.expires}, and has no effect"
        end = "today" if self.days == 0 else f"in {_days(self.days)}"
        return f"{about} ends {end}, on {found.expires} UTC"


def statuses(policies: PolicySet, now: datetime) -> tuple[WaiverStatus, ...]:
    """Return the state of each waiver at a time."""
    found = []
    for waiver in policies.waivers:
        days = days_left(waiver.expires, now)
        state: State = "expired" if days < 0 else "expires soon" if days <= SOON else "in force"
        found.append(WaiverStatus(waiver, state, days))
    return tuple(found)


def check_waivers(policies: PolicySet, examples: Iterable[ExampleResult], now: datetime) -> Iterator[Finding]:
    """Yield the findings about waivers.

    Args:
        policies: What was loaded.
        examples: The results of its examples, run at the same time: an accepted one shows what a waiver is for.
        now: With its time zone.
    """
    needed = {
        (result.boundary, identity) for result in examples if result.kind == "accept" for identity in result.waived
    }
    denying = {
        (found.name, each.id)
        for found in policies.boundaries()
        for each in (*found.assumptions(), found.statuses, found.permitted)
        if each.action == "deny"
    }
    for status in statuses(policies, now):
        waiver = status.waiver
        key = (waiver.boundary, waiver.assumption)
        if status.state == "expired":
            hint = "keep to the assumption, or agree with its owner on another day"
            yield Finding("waiver-expired", "error", waiver.location, f"{status}; {hint}", waiver.boundary)
            continue
        if status.state == "expires soon":
            yield Finding("waiver-expires-soon", "warning", waiver.location, str(status), waiver.boundary)
        if key not in denying:
            message = f"{waiver.assumption} of {waiver.boundary} denies nothing: there is nothing to waive"
            yield Finding("waiver-unused", "warning", waiver.location, message, waiver.boundary)
        elif key not in needed:
            message = (
                f"no example of {waiver.boundary} needs the waiver of {waiver.assumption}: add one that shows what "
                "it lets through, or remove the waiver"
            )
            yield Finding("waiver-unused", "warning", waiver.location, message, waiver.boundary)


def _days(count: int) -> str:
    return f"{count} day" if count == 1 else f"{count} days"
