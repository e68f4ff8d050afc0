"""A swap is whole or none, and an exchange keeps what it began with, also where it calls others."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from catguard.engine.snapshots import Engine, Prepared
from catguard.errors import ConfigurationError
from catguard.policies.compiler import CompiledPolicySet
from tests.waivers import compiled


@pytest.fixture(scope="module")
def sets() -> list[CompiledPolicySet]:
    return [compiled() for _ in range(4)]


def test_prepared_is_made_before_the_swap_and_once(sets: list[CompiledPolicySet]) -> None:
    engine, made = Engine(sets[0]), []
    prepared = Prepared(engine, lambda snapshot: made.append(snapshot) or len(made))
    engine.swap(sets[1])
    assert made == sets[:2]
    assert [prepared.of(sets[1]), prepared.of(sets[0]), prepared.of(sets[1])] == [2, 1, 2]
    engine.swap(sets[2])
    assert prepared.of(sets[1]) == 2
    assert len(made) == 3


def test_swap_that_something_cannot_do_with_changes_nothing(sets: list[CompiledPolicySet]) -> None:
    def refuse(snapshot: CompiledPolicySet) -> int:
        if snapshot is not sets[0]:
            raise ConfigurationError("no way there")
        return 7

    engine = Engine(sets[0])
    others = [Prepared(engine, lambda _: 1), Prepared(engine, refuse)]
    with pytest.raises(ConfigurationError, match="no way there"):
        engine.swap(sets[1])
    assert engine.snapshot is sets[0]
    assert others[1].of(sets[0]) == 7


def test_prepared_that_nobody_holds_is_forgotten(sets: list[CompiledPolicySet]) -> None:
    engine = Engine(sets[0])
    calls: list[Any] = []
    Prepared(engine, calls.append)
    gc.collect()
    engine.swap(sets[1])
    assert calls == [sets[0]]


def test_current_is_what_the_exchange_began_with(sets: list[CompiledPolicySet]) -> None:
    engine = Engine(sets[0])
    with engine.hold(sets[0]):
        engine.swap(sets[1])
        assert engine.current() is sets[0]
        with engine.hold(sets[1]):
            assert engine.current() is sets[1]
        assert engine.current() is sets[0]
    assert engine.current() is sets[1]


def test_current_of_another_engine_is_its_own(sets: list[CompiledPolicySet]) -> None:
    one, other = Engine(sets[0]), Engine(sets[1])
    with one.hold(sets[2]):
        assert other.current() is sets[1]


async def test_task_that_outlives_the_exchange_goes_on_with_what_is_in_force(sets: list[CompiledPolicySet]) -> None:
    engine, go = Engine(sets[0]), asyncio.Event()

    async def later() -> CompiledPolicySet:
        await go.wait()
        return engine.current()

    with engine.hold(sets[0]):
        inside = await asyncio.create_task(asyncio.to_thread(engine.current))
        task = asyncio.create_task(later())
        await asyncio.sleep(0)
        engine.swap(sets[1])
    go.set()
    assert inside is sets[0]
    assert await task is sets[1]
