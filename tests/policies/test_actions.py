"""An override that changes nothing is told: its author believes that it is in force."""

from __future__ import annotations

from pathlib import Path

import pytest

from catguard.errors import ConfigurationError
from catguard.policies.loader import load_compiled

TOY = Path(__file__).parent.parent / "toy.yaml"


def test_overrides_that_match_are_taken() -> None:
    policies = load_compiled(TOY, actions=[("*.inbound.*", "audit"), ("*/body/*", "warn")]).policies
    actions = {found.id: found.action for found in policies.boundary("shop.inbound.order").request.assumptions()}
    assert actions["even"] == actions["body/count/type"] == "audit"
    assert actions["body/count/minimum"] == "warn"
    assert actions["max_bytes"] == "deny"


@pytest.mark.parametrize(
    ("glob", "message"),
    [
        ("nobody.*", "--action nobody.*=audit matches no boundary"),
        ("*/no-such-rule", "--action */no-such-rule=audit matches no assumption"),
        ("*/max_bytes", "--action */max_bytes=audit changes nothing (byte limits and"),
        ("shop.*/body/count/type", "--action shop.*/body/count/type=audit changes nothing ("),
    ],
)
def test_override_that_changes_nothing_is_refused(glob: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_compiled(TOY, actions=[("*.inbound.*", "audit"), (glob, "audit")])
    assert message in str(caught.value)
    assert "*.inbound.*" not in str(caught.value)
