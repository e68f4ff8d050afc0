"""An override that matches nothing is told: its author believes that it is in force."""

from __future__ import annotations

from pathlib import Path

import pytest

from catguard.errors import ConfigurationError
from catguard.policies.loader import load_compiled

TOY = Path(__file__).parent.parent / "toy.yaml"


def test_overrides_that_match_are_taken() -> None:
    load_compiled(TOY, actions=[("*.inbound.*", "audit"), ("*/max_bytes", "warn"), ("*/body/*", "warn")])


@pytest.mark.parametrize(
    ("glob", "message"),
    [
        ("nobody.*", "--action nobody.*=audit matches no boundary"),
        ("*/no-such-rule", "--action */no-such-rule=audit matches no assumption"),
    ],
)
def test_override_that_matches_nothing_is_refused(glob: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_compiled(TOY, actions=[("*.inbound.*", "audit"), (glob, "audit")])
    assert message in str(caught.value)
    assert "*.inbound.*" not in str(caught.value)
