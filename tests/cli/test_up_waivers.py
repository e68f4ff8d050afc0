"""`catguard up` tells waivers that end soon or have ended, before anything is served."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from catguard.policies.clock import utc_now
from tests.cli.conftest import ANY, POLICIES, Run

WAIVER = "  - {{boundary: back.inbound.hello, assumption: {}, owner: me, why: mended soon, expires: {}}}\n"


def test_up_tells_waivers_that_end_soon_or_have_ended(catguard: Callable[..., Run], place: Path) -> None:
    ends = {"status": 3, "from": -1, "media": 99}
    waivers = (WAIVER.format(name, (utc_now() + timedelta(days=days)).date()) for name, days in ends.items())
    (place / "policies.yaml").write_text(f"{POLICIES}waivers:\n{''.join(waivers)}")
    run = catguard("up", *ANY)
    run.ready()
    told = run.told()
    assert "the waiver of status at back.inbound.hello (Me (#me)) ends in 3 days" in told
    assert "the waiver of from at back.inbound.hello (Me (#me)) expired 1 day ago" in told
    assert "media" not in told
