from hypothesis import given
from hypothesis import strategies as st

from catguard.engine.evaluator import rehearse
from catguard.policies.compiler import CompiledPolicySet
from catguard_frontend.limits import fit, fitted, possible
from catguard_frontend.recipes import Recipe

SIDES = st.integers(-5, 10_000) | st.integers(0, 10**40)


def allowed(compiled: CompiledPolicySet, recipe: Recipe) -> bool:
    page = {"query": {"count": recipe.count, "width": recipe.width, "height": recipe.height}}
    orders = ("frontend.outbound.render", "catomatic.inbound.render")
    decisions = [rehearse(compiled, "frontend.inbound.picture-page", page)]
    decisions += [rehearse(compiled, name, {"body": recipe.wire()}) for name in orders]
    return all(decision.allowed for decision in decisions)


@given(count=st.integers(-5, 10**20), width=SIDES, height=SIDES)
def test_fitted_may_be_ordered_and_possible_says_what_may(
    compiled: CompiledPolicySet, count: int, width: int, height: int
) -> None:
    recipe = Recipe(breed="tabby", scene="snow", count=count, width=width, height=height, seed=7)

    assert allowed(compiled, fitted(recipe))
    assert fitted(fitted(recipe)) == fitted(recipe)
    assert possible(recipe) == (max(width, height, count) < 2**63 and allowed(compiled, recipe))


def test_fit_keeps_the_proportion() -> None:
    assert fit(13, 480, 620) == (12, 480, 620)
    assert fit(2, 10**9, 10**9) == (2, 2000, 2000)
    assert fit(1, 4000, 2000) == (1, 2828, 1414)
    assert fit(0, 8192, 64) == (1, 4096, 32)
