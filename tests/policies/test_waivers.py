"""What can be waived, until when, and what is said of waivers that are about nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catguard.errors import PolicyError
from catguard.policies.clock import days_left
from tests.waivers import WAIVER, compiled


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("inbound.put", "inbound.pot", "27:16: there is no boundary \"shelf.inbound.pot\" (did you mean 'shelf.inbound.put'?"),
        ("assumption: even", "assumption: evn", "has no assumption \"evn\" (did you mean 'even'?"),
        ("assumption: even", "assumption: max_bytes", "max_bytes cannot be waived (raise the limit instead)"),
        ("assumption: even", "assumption: body/type", "body/type cannot be waived: nothing behind it"),
        ("owner: other", "owner: othr", "there is no owner \"othr\" (did you mean 'other'?"),
        ("2027-01-31", "2027-02-31", '"2027-02-31" is no day of the calendar'),
        ("2027-01-31", "31.1.2027", "`expires` is \"31.1.2027\", which is not how it is written"),
        (", expires: 2027-01-31", "", "lacks `expires`"),
        ("why:", "whi:", "unknown key \"whi\" (did you mean 'why'?)"),
        (WAIVER, WAIVER + WAIVER, "even of shelf.inbound.put is waived twice (first at shelf.yaml:"),
        (WAIVER, "  even: 1\n", "`waivers` is"),
    ],
)  # fmt: skip
def test_waiver_that_cannot_be_is_a_fault(old: str, new: str, fault: str) -> None:
    with pytest.raises(PolicyError) as caught:
        compiled(WAIVER.replace(old, new))
    assert any(fault in str(each) for each in caught.value.faults), str(caught.value)


@pytest.mark.parametrize("assumption", ["status", "from", "body/count/maximum", "few", "media"])
def test_waiver_of_what_there_is_loads(assumption: str) -> None:
    assert compiled(WAIVER.replace("even", assumption)).policies.waivers[0].assumption == assumption


def test_waiver_is_part_of_the_revision() -> None:
    assert compiled().revision != compiled(WAIVER.replace("-31", "-30")).revision


@given(day=st.dates(), offset=st.integers(-12, 14), seconds=st.integers(0, 86399))
def test_day_ends_at_midnight_utc_whatever_the_zone_of_the_clock(day: date, offset: int, seconds: int) -> None:
    if not date(2, 1, 1) < day < date(9998, 1, 1):
        return
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=seconds)
    elsewhere = moment.astimezone(timezone(timedelta(hours=offset)))
    assert days_left(day, elsewhere) == 0
    assert days_left(day, elsewhere + timedelta(seconds=86400 - seconds)) == -1
    assert days_left(day, elsewhere - timedelta(seconds=seconds + 1)) == 1
