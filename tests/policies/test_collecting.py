"""The garbage collector is left as it was found, whatever becomes of the policies."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from catguard.errors import PolicyError
from catguard.policies.collecting import lasting, uncollected
from catguard.policies.loader import compile_texts


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    """Set the collector back as it was."""
    thresholds, enabled = gc.get_threshold(), gc.isenabled()
    yield
    gc.set_threshold(*thresholds)
    (gc.enable if enabled else gc.disable)()
    gc.unfreeze()


@pytest.mark.parametrize("enabled", [True, False])
def test_load_in_one_go_leaves_the_collector_on_or_off(enabled: bool) -> None:
    (gc.enable if enabled else gc.disable)()
    with uncollected():
        assert not gc.isenabled()
    assert gc.isenabled() is enabled
    with pytest.raises(PolicyError):
        compile_texts([("a.yaml", "catguard: [")])
    assert gc.isenabled() is enabled


def test_load_in_slices_collects_young_objects_only() -> None:
    thresholds = gc.get_threshold()
    with lasting():
        old = gc.get_stats()[2]["collections"]
        kept = [[number] for number in range(100_000)]
        assert gc.get_stats()[2]["collections"] == old
        assert gc.get_stats()[0]["collections"] > 0
    assert gc.get_threshold() == thresholds
    assert len(kept) == 100_000


def test_collector_that_is_off_stays_off_and_freezes_nothing() -> None:
    gc.disable()
    frozen = gc.get_freeze_count()
    with lasting():
        pass
    assert gc.get_freeze_count() == frozen
    assert not gc.isenabled()
