"""What another process loads is what this one would have loaded."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import weakref
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from catguard.engine.evaluator import rehearse
from catguard.errors import ConfigurationError, PolicyError
from catguard.policies import apart
from catguard.policies.apart import load_apart
from catguard.policies.compiler import CompiledPhase
from catguard.policies.loader import compile_sources, read_sources
from catguard.policies.sources import Sources
from tests.waivers import TWELVE, text

ROOT = Path(__file__).parents[2]


async def test_policies_that_were_loaded_apart_are_the_same() -> None:
    sources = read_sources(ROOT / "policies.yaml")
    here = compile_sources(sources)
    there = await load_apart(sources, component="catomatic")
    assert there.policies == here.policies
    assert there.boundaries.keys() == here.boundaries.keys()


async def test_the_clock_of_waivers_is_the_readers() -> None:
    now = [TWELVE]
    sources = Sources((("shelf.yaml", text()),))
    snapshot = await load_apart(sources, component="shelf", clock=lambda: now[-1])
    assert rehearse(snapshot, "shelf.inbound.put", {"body": {"count": 3}}).allowed
    now.append(TWELVE + timedelta(days=1))
    assert not rehearse(snapshot, "shelf.inbound.put", {"body": {"count": 3}}).allowed


async def test_every_fault_comes_back_with_its_place() -> None:
    broken = text().replace("about: keeps", "abuot: keeps").replace("% 2", "% 'two'")
    with pytest.raises(PolicyError) as caught:
        await load_apart(Sources((("shelf.yaml", broken),)), component="shelf")
    places = [str(fault).partition(": ")[0] for fault in caught.value.faults]
    assert [place for place in places if not place.startswith("shelf.yaml:")] == []
    assert len(places) >= 2


async def test_override_that_matches_nothing_comes_back() -> None:
    with pytest.raises(ConfigurationError, match="matches no boundary"):
        await load_apart(Sources((("shelf.yaml", text()),)), component="shelf", actions=[("nobody.*", "audit")])


async def test_process_that_dies_is_an_error_with_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "sys", dataclasses.make_dataclass("S", [])())
    monkeypatch.setattr(apart.sys, "executable", "/bin/false", raising=False)
    monkeypatch.setattr(apart.sys, "path", [], raising=False)
    with pytest.raises(ConfigurationError, match="ended with 1"):
        await load_apart(Sources(()), component="shelf")


async def test_process_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = tmp_path / "hanging"
    hanging.write_text("#!/bin/sh\nexec sleep 60\n")
    hanging.chmod(0o700)
    monkeypatch.setattr(apart.sys, "executable", str(hanging))
    monkeypatch.setattr(apart, "PATIENCE", 0.1)
    with pytest.raises(ConfigurationError, match="not loaded within 0 s; the old stay"):
        await load_apart(Sources(()), component="shelf")


async def test_the_loop_goes_on_while_policies_are_loaded() -> None:
    sources = read_sources(ROOT / "policies.yaml")
    loading = asyncio.create_task(load_apart(sources, component="catomatic"))
    turns = 0
    while not loading.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert turns > 50
    await loading


@pytest.fixture
def thawed() -> Iterator[None]:
    """Let the garbage collector see everything again afterwards."""
    yield
    gc.unfreeze()


def phases() -> int:
    """Return how many compiled phases there are."""
    gc.unfreeze()
    return sum(isinstance(found, CompiledPhase) for found in gc.get_objects())


@pytest.mark.usefixtures("thawed")
async def test_what_was_loaded_is_not_walked_over_again() -> None:
    thresholds, frozen = gc.get_threshold(), gc.get_freeze_count()
    snapshot = await load_apart(Sources((("shelf.yaml", text()),)), component="shelf")
    assert gc.get_freeze_count() > frozen
    assert not [found for found in gc.get_objects() if found is snapshot]
    assert gc.get_threshold() == thresholds


@pytest.mark.usefixtures("thawed")
async def test_loads_beside_each_other_leave_the_collector_as_it_was() -> None:
    thresholds = gc.get_threshold()
    sources = Sources((("shelf.yaml", text()),))
    await asyncio.gather(*(load_apart(sources, component="shelf") for _ in range(2)))
    assert gc.get_threshold() == thresholds


@pytest.mark.usefixtures("thawed")
async def test_policies_that_nobody_has_go_without_a_collection() -> None:
    sources = read_sources(ROOT / "policies.yaml")
    gc.collect()
    before = phases()
    gc.disable()
    try:
        snapshot = compile_sources(sources)
        check = weakref.ref(snapshot.boundaries["catomatic.inbound.render"].request.check)  # the others not asked yet
        assert phases() > before
        assert check() is not None
        del snapshot
        assert phases() == before
        assert check() is None
    finally:
        gc.enable()
