"""What running tiers can take, and what they must be started again for."""

from __future__ import annotations

import pytest

from catguard.policies.following import not_followed
from tests.loading import load_text

POLICIES = """
catguard: 1
system: shop
owners: {shop: {team: Shop, contact: "#shop"}}
components:
  shop:
    owner: shop
    about: sells
    health: {}
    inbound:
      order: {http: POST /orders, from: public, response: {200: {media: [application/json]}}}
      resize: {call: resize}
    outbound:
      find: {to: store.find, response: {200: {media: [application/json]}}}
  store:
    owner: shop
    about: has
    health: {}
    inbound:
      find: {http: GET /cats, from: [shop], response: {200: {media: [application/json]}}}
      new: {http: GET /new, from: public, response: {200: {}}}
"""
FIND = "find: {to: store.find, response: {200: {media: [application/json]}}}"
ORDER = "order: {http: POST /orders, from: public, response: {200: {media: [application/json]}}}"


def reasons(old: str = "", new: str = "", *, tiers: tuple[str, ...] = ("shop",)) -> list[str]:
    assert not old or POLICIES.count(old) == 1
    after = POLICIES.replace(old, new) if old else POLICIES
    return not_followed(load_text(POLICIES), load_text(after), tiers=tiers, addresses=["shop"])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("POST /orders", "PUT /ordered"),
        ("from: public, response: {200: {media: [application/json]}}", "from: probe, response: {201: {}}"),
        ("    health: {}\n    inbound:\n      order", "    inbound:\n      order"),
        ("{call: resize}", "{call: resize}\n      crop: {call: crop}"),
        ("  store:", "  barn: {owner: shop, about: keeps}\n  store:"),
        (FIND, f"{FIND}\n      new: {{to: store.new, response: {{200: {{}}}}}}"),
        ("      new: {http: GET /new, from: public, response: {200: {}}}\n", ""),
    ],
)
def test_what_the_code_does_not_stand_on_may_change(old: str, new: str) -> None:
    assert reasons(old, new) == []


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (ORDER, f"{ORDER}\n      {ORDER.replace('order', 'other')}", "shop.inbound.other (policies.yaml:12:7) is new"),
        (f"      {ORDER}\n", "", "shop.inbound.order is gone, and the running code has a handler for it"),
        ("      resize: {call: resize}\n", "", "shop.inbound.resize is gone, and the running code has a guarded function"),
        ("resize: {call: resize}", "resize: {call: shrink}", "shop.inbound.resize is gone"),
        ("health: {}\n    inbound:\n      order", "health: {needs: [store]}\n    inbound:\n      order", "needs store, and nothing says"),
    ],
)  # fmt: skip
def test_what_the_code_stands_on_needs_a_restart(old: str, new: str, reason: str) -> None:
    (told,) = reasons(old, new)
    assert reason in told
    assert told.endswith("start again with it")


def test_component_that_runs_must_stay() -> None:
    assert "store runs, and is no longer declared" in str(
        not_followed(
            load_text(POLICIES),
            load_text(POLICIES[: POLICIES.index("    outbound")]),
            tiers=["shop", "store"],
            addresses=["shop"],
        )
    )


def test_callee_with_a_client_must_stay() -> None:
    without = POLICIES.replace(FIND, "").replace("    outbound:\n", "").replace("from: [shop]", "from: public")
    (told,) = not_followed(load_text(POLICIES), load_text(without), tiers=["shop"], addresses=[])
    assert "may no longer call store, for which it has a client" in told
