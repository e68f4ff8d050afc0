"""The one clock of the policies: what time it is, and how many days something dated has left, both in UTC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the time in UTC, the zone in which every date of a policy is read."""
    return datetime.now(UTC)


def days_left(day: date, now: datetime) -> int:
    """Return how many days there are until the day ends: 0 on the day itself, less when it is over.

    Args:
        day: in UTC.
        now: with its time zone, whichever it is.
    """
    return (day - now.astimezone(UTC).date()) // timedelta(days=1)
