import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from catguard_catomatic.deal import HAND, REACH, deal
from tests.plugins.catomatic import shapes


def position(total: int, seed: int) -> int:
    """Of the cat that is shown first, among all of its breed."""
    dealt = deal(total, seed)
    return dealt.offset + dealt.first


@given(total=st.integers(1, 2000), seed=st.integers(0, 2**31 - 1))
def test_deal_stays_within_the_breed_and_looks_up_as_many_as_there_are(total: int, seed: int) -> None:
    dealt = deal(total, seed)

    assert 0 <= dealt.first < HAND
    assert 0 <= dealt.offset <= max(0, total - HAND)
    assert dealt.offset + dealt.first < total


@given(total=st.integers(2, 2000), seed=st.integers(0, 2**31 - 2))
def test_deal_of_the_next_seed_shows_another_cat_first(total: int, seed: int) -> None:
    assert position(total, seed) != position(total, seed + 1)


@pytest.mark.parametrize("total", [2, 3, 5, HAND, 21, 34])
def test_deal_of_the_next_round_begins_with_another_cat(total: int) -> None:
    """Small packs end with the card that the next one would begin with often."""
    for end in range(total - 1, 60 * total, total):
        assert position(total, end) != position(total, end + 1)


@given(total=st.integers(1, 150), round_=st.integers(0, 10**6))
@example(total=600, round_=1)
def test_deal_of_a_round_shows_every_cat(total: int, round_: int) -> None:
    shown = {position(total, total * round_ + turn) for turn in range(total)}

    assert shown == set(range(total))


@pytest.mark.parametrize("total", [5, 40])
def test_deal_does_not_always_go_round_in_the_same_order(total: int) -> None:
    rounds = {tuple(position(total, total * turn + place) for place in range(total)) for turn in range(20)}

    assert len(rounds) > 10


@given(seed=st.integers(0, 2**31 - 1))
def test_deal_reaches_no_further_than_may_be_asked_for(seed: int) -> None:
    assert deal(10**9, seed) == deal(REACH, seed)


@given(total=st.integers(1, HAND), seed=st.integers(0, 2**31 - 1))
def test_deal_of_a_small_breed_takes_one_call(total: int, seed: int) -> None:
    assert deal(total, seed).offset == 0


@given(total=st.integers(1, HAND), seed=st.integers(0, 2**31 - 1))
def test_arranged_has_every_cat_once_whatever_their_order(total: int, seed: int) -> None:
    cats = [shapes.cat(str(number)) for number in range(total)]
    shuffled = random.Random(seed).sample(cats, total)
    arranged = deal(total, seed).arranged(shuffled)

    assert arranged == deal(total, seed).arranged(cats)
    assert sorted(cat.id for cat in arranged) == sorted(cat.id for cat in cats)
