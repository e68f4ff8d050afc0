import dataclasses
import re
from pathlib import Path

import pytest

from catguard import CallRefused, Violation
from catguard_frontend import words
from catguard_frontend.kitchen import NoSuchCat, NothingYet, NotKept, NotPossible, NotServed, TooSlow, Unreachable
from catguard_frontend.menu import NotOffered
from catguard_frontend.recipes import Picture, Recipe

RECIPE = Recipe(width=480_000, height=620, breed="siamese", scene="rose-garden", seed=1)
ASKED = RECIPE.wire()


def violation(where: str, assumption: str, limit: str = "", *, phase: str = "request") -> Violation:
    return Violation(
        assumption=assumption,
        boundary="frontend.outbound.render",
        side="outbound",
        phase=phase,  # type: ignore[arg-type]  # tests say either
        where=where,
        limit=limit,
        message="is not allowed",
        why="a secret reason",
        owner="Cats as a Service (#caas-oncall)",
        policy="policies.yaml:1:1",
    )


def cats(count: int, **changes: str) -> Picture:
    cat = {"picture": "0123456789abcdef", "breed": "siamese", "pose": "sitting", "box": {}} | changes
    return Picture("0" * 64, "webp", 480, 620, (cat,) * count, ())


@pytest.mark.parametrize(
    ("picture", "recipe", "alt"),
    [
        (cats(1), RECIPE, "A siamese cat sitting in a rose garden"),
        (cats(1), Recipe(width=1, height=1, scene="night-roof"), "A siamese cat sitting on a roof at night"),
        (cats(1), Recipe(width=1, height=1, scene="snow"), "A siamese cat sitting in the snow"),
        (cats(1), Recipe(width=1, height=1, scene="barn"), "A siamese cat sitting in a barn"),
        (cats(3), RECIPE, "Three siamese cats in a rose garden"),
        (cats(13), RECIPE, "13 siamese cats in a rose garden"),
        (cats(1, breed="abyssinian", pose="lying-down"), RECIPE, "An abyssinian cat lying down in a rose garden"),
        (cats(1), Recipe(width=1, height=1, picture="0", part="nose"), "The nose of a siamese cat"),
        (cats(0), RECIPE, "A siamese cat in a rose garden"),
        (cats(4, breed="ragdoll-cat"), Recipe(width=1, height=1, scene="my-garden"), "Four ragdoll cats in my garden"),
        (cats(1, breed="ragdoll-cat"), Recipe(width=1, height=1, part="nose"), "The nose of a ragdoll cat"),
        (cats(1, breed="ocicat"), Recipe(width=1, height=1, scene="the-moon"), "An ocicat sitting in the moon"),
    ],
)
def test_described_says_who_does_what_where(picture: Picture, recipe: Recipe, alt: str) -> None:
    assert words.described(picture, recipe) == alt


def test_excuse_for_a_shape_names_what_it_takes_and_what_is_possible() -> None:
    refused = CallRefused(
        "frontend.outbound.render", "outbound", (violation("/body/width", "body/width/maximum", "at most 4096"),)
    )

    excuse = words.excuse(refused, ASKED)

    assert excuse.reasons == ("That takes a picture 480,000 pixels wide; we can do at most 4,096.",)
    assert excuse.status == 422


@pytest.mark.parametrize("assumption", ["undeclared", "from"])
def test_excuse_for_a_call_that_may_not_be_made_blames_nobody_who_asked(assumption: str) -> None:
    excuse = words.excuse(CallRefused("frontend.outbound", "outbound", (violation("/path", assumption),)), ASKED)
    assert (excuse.title, excuse.status) == ("This cat ran away", 502)


def test_excuse_for_a_refused_answer_blames_nobody_who_asked() -> None:
    refused = CallRefused(
        "frontend.outbound.render", "outbound", (violation("/image/width", "size-as-ordered", phase="response"),)
    )

    excuse = words.excuse(refused, ASKED)

    assert excuse.status == 502
    assert "not what was ordered" in excuse.reasons[0]


@pytest.mark.parametrize("violations", [(), (violation("/query/limit", "query/limit/maximum", "at most 20"),)])
def test_excuse_for_a_catomatic_that_failed_blames_nobody_who_asked(violations: tuple[Violation, ...]) -> None:
    excuse = words.excuse(CallRefused("frontend.outbound.render", "inbound", violations, status=500), ASKED)

    assert (excuse.title, excuse.status) == ("This cat ran away", 502)
    assert "Try again" in excuse.reasons[0]


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (NoSuchCat, 404),
        (NotPossible, 422),
        (NotServed, 502),
        (Unreachable, 503),
        (NothingYet, 503),
        (NotKept, 503),
        (TooSlow, 504),
    ],
)
def test_excuse_has_words_for_every_failure(failure: type[NotServed], status: int) -> None:
    excuse = words.excuse(failure("Cat-o-matic: internal detail"), ASKED)

    assert excuse.status == status
    assert excuse.reasons
    assert "Cat-o-matic" not in f"{excuse.title} {excuse.reasons}"


@pytest.mark.parametrize(
    ("missing", "reasons"),
    [
        (
            NotOffered("breed", "poodle", ("siamese", "maine-coon")),
            ("We have no poodle cats.", "There are siamese and maine coon cats."),
        ),
        (
            NotOffered("scene", "the-moon", ("meadow",)),
            ("We have no scene called the moon.", "There are meadow."),
        ),
        (
            NotOffered("breed", "wildcat", ("siamese", "ragdoll-cat")),
            ("We have no wildcats.", "There are siamese and ragdoll cats."),
        ),
        (None, ("We have no tabby cats in a meadow just now.",)),
    ],
)
def test_excuse_for_an_unknown_cat_says_what_is_unknown(missing: NotOffered | None, reasons: tuple[str, ...]) -> None:
    failure = NoSuchCat("no", missing=missing)
    assert words.excuse(failure, {"breed": "tabby", "scene": "meadow"}).reasons == reasons


def test_excuse_for_an_unknown_picture_says_where_to_choose_another() -> None:
    excuse = words.excuse(NoSuchCat("no"), {"picture": "0", "part": "nose"})
    assert excuse.reasons[0] == "There is no such cat any more, or there never was."


COUNT = violation("/query/count", "query/count/maximum", "at most 60")


@pytest.mark.parametrize(
    ("found", "asked", "sentence"),
    [
        (COUNT, {"count": 100000}, "You asked for 100,000 cats; we can do at most 60."),
        (COUNT, {}, "The count: we can do at most 60."),
        (
            dataclasses.replace(COUNT, nearest=60),
            {"count": 100000},
            "You asked for 100,000 cats; we can do at most 60. The nearest that we can do: 60 cats.",
        ),
        (
            violation("/query/count", "query/count/type", "a whole number"),
            {"count": "ever so many"},
            "You asked for ever so many cats; that takes a whole number.",
        ),
        (
            violation("/query/breed", "query/breed/pattern", "text that matches ^[a-z]$"),
            {"breed": "<b>"},
            "You asked for the breed “<b>”; is not allowed.",
        ),
        (
            dataclasses.replace(
                violation("/query/breed", "query/breed/pattern", "^[a-z]$"), message="must match ^[a-z]$"
            ),
            {"breed": "<b>"},
            "You asked for the breed “<b>”; that is no name that we use.",
        ),
        (
            violation("/query/colour", "query/unevaluatedProperties"),
            {},
            "“colour” is nothing that can be asked for here.",
        ),
        (violation("/query", "max_bytes", "8Ki"), {}, "Is not allowed."),
        (violation("/query", "large-cats-are-few"), {}, words.RULES["large-cats-are-few"]),
    ],
)
def test_reasons_of_reads_as_people_speak(found: Violation, asked: dict[str, object], sentence: str) -> None:
    assert words.reasons_of([found], asked) == [sentence]


def test_reasons_of_tells_each_reason_once_and_never_the_owners_why() -> None:
    found = violation("/body/width", "body/width/maximum", "at most 4096")

    reasons = words.reasons_of([found, found, violation("", "picture-area")], {"width": 10**30})

    assert len(reasons) == 2
    assert "secret" not in " ".join(reasons)
    assert words.reasons_of([], {}) != []


def test_readable_cuts_what_is_longer_than_a_line() -> None:
    assert len(words.readable("x" * 10_000)) == 60
    assert len(words.readable(10**190)) == 60


def test_rules_have_words_for_every_rule_that_a_visitor_can_break(policies: Path) -> None:
    from catguard.policies.loader import load_compiled

    policy_set = load_compiled(policies).policies
    boundaries = [
        *policy_set.components["frontend"].inbound.values(),
        *policy_set.components["frontend"].outbound.values(),
        policy_set.boundary("catomatic.inbound.render"),
    ]
    rules = {rule.assumption.id for boundary in boundaries for rule in boundary.request.rules}

    assert rules == words.RULES.keys()


def test_rules_name_their_limits(policies: Path) -> None:
    from catguard.policies.loader import load_compiled

    policy_set = load_compiled(policies).policies
    names = ("frontend.inbound.gallery", "frontend.inbound.picture-page", "catomatic.inbound.render")
    rules = [rule for name in names for rule in policy_set.boundary(name).request.rules]
    bounds = {"picture-area", "few-in-one-picture", "work", "large-cats-are-few", "scene-has-room"}
    limits = {rule.assumption: rule.expression for rule in rules if rule.assumption.id in bounds}

    assert {assumption.id for assumption in limits} == bounds
    for assumption, expression in limits.items():
        limit = f"{int(re.findall(r'[0-9]+', expression)[-1]):,}"
        assert limit in words.RULES[assumption.id]
        assert limit in assumption.why
