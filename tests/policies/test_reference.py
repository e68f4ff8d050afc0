"""Shapes mean what JSON Schema's reference implementation says, for schemas without `pattern` and fractional multiples."""

from __future__ import annotations

import json
from functools import lru_cache
from random import Random
from typing import Any

import jsonschema
import pytest
from hypothesis import strategies as st

from catguard.engine.codec import dumps, loads
from catguard.policies.parts import Validators
from catguard.policies.values import MAX_INTEGER, MIN_INTEGER, OutOfRange
from tests.fuzzing import TIMEOUT, Inputs, fuzz, fuzz_long
from tests.mutations import EDGES, alter_tree

Case = tuple[Any, Any]

NAMES = ("a", "b", "c", "é")
NUMBERS = tuple(number for number in EDGES if MIN_INTEGER <= number <= MAX_INTEGER)
LEAVES = (
    *NUMBERS,
    0.0,
    1.0,
    -0.0,
    2.5,
    5.0,
    1e300,
    2.0**53,
    True,
    False,
    None,
    "",
    "a",
    "ab",
    "é",
    "😺",
    [],
    {},
    [1, 1.0],
    [1, True],
)
sizes, names = st.integers(0, 3), st.sampled_from(NAMES)
leaves = st.sampled_from(LEAVES)
documents = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4), max_leaves=12
)
types = st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])
numbers = st.sampled_from(NUMBERS) | st.sampled_from([0.5, 2.5, 5.0, -1.5, 1e300])
KEYWORDS: dict[str, st.SearchStrategy[Any]] = {
    "type": types | st.lists(types, min_size=1, max_size=3, unique=True),
    "enum": st.lists(documents, min_size=1, max_size=3),
    "const": documents,
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), numbers),
    "multipleOf": st.sampled_from([1, 2, 3, 7, 2**31]),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), sizes),
    "uniqueItems": st.booleans(),
    "required": st.lists(names, max_size=2, unique=True),
}


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some, named = st.lists(inner, min_size=1, max_size=3), st.dictionaries(names, inner, max_size=3)
    contains = st.fixed_dictionaries({"contains": inner}, optional={"minContains": sizes, "maxContains": sizes})
    return st.builds(
        lambda plain, more, held: {**plain, **more, **held},
        st.fixed_dictionaries({}, optional=KEYWORDS),
        st.fixed_dictionaries(
            {},
            optional={
                **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), some),
                **dict.fromkeys(("properties", "dependentSchemas"), named),
                **dict.fromkeys(("items", "additionalProperties", "not", "if", "then", "else"), inner),
                **dict.fromkeys(("unevaluatedProperties", "unevaluatedItems"), inner),
                "propertyNames": st.fixed_dictionaries({}, optional={"maxLength": sizes, "enum": st.lists(names, min_size=1)}),
            },
        ),
        st.just({}) | contains,
    )  # fmt: skip


schemas = st.recursive(
    st.booleans() | st.fixed_dictionaries({}, optional=KEYWORDS), nested, max_leaves=6
).filter(lambda schema: schema not in (True, False))  # fmt: skip


@lru_cache(64)
def fast(text: str) -> Any:
    return Validators().of(json.loads(text))


@lru_cache(64)
def reference(text: str) -> jsonschema.Draft202012Validator:
    schema = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def agrees(case: Case) -> None:
    """Both say the same of a document; what fits is the same for who reads what is delivered of it."""
    schema, document = case
    if "multipleOf" in json.dumps(schema) and "e+300" in json.dumps(case):
        return  # the reference divides doubles, whose quotients have no fraction any more; ours takes the remainder
    expected = reference(json.dumps(schema)).is_valid(document)
    ours = fast(json.dumps(schema))
    assert ours.is_valid(document) == expected
    assert (next(iter(ours.iter_errors(document)), None) is None) == expected
    _, normalize = Validators().reading(schema, fill_defaults=False)
    checked = loads(dumps(document))
    if expected and normalize is not None:
        try:
            checked = normalize(checked)
        except OutOfRange:
            return
        assert reference(json.dumps(schema)).is_valid(checked), "its one form fits as well"
    delivered = dumps(checked)
    assert repr(json.loads(delivered)) == repr(checked)


def vary(case: Case, random: Random) -> Case:
    schema, document = case
    return schema, alter_tree(
        document, random, lambda random: random.choice(LEAVES), lambda random: random.choice(NAMES)
    )


CASES = Inputs(st.tuples(schemas, documents), vary, each=25)


def test_random_schemas_mean_what_the_reference_says() -> None:
    fuzz(agrees, CASES, examples=150)


@pytest.mark.long
@pytest.mark.timeout(TIMEOUT)
def test_random_schemas_mean_what_the_reference_says_a_hundred_thousand_times() -> None:
    fuzz_long(agrees, CASES, name="shapes", share=0.1)
