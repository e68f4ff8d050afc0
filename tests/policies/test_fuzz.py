"""Any text is a policy set or faults: nothing else is raised, nothing is warned, and nothing takes long."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from catguard.errors import PolicyError
from catguard.policies.loader import compile_texts
from tests.fuzzing import TIMEOUT, fuzz, fuzz_long, in_time, mutated

ROOT = Path(__file__).parents[2]
#: Every kind of boundary and every section, in little.
SMALL = """\
catguard: 1
system: shop
owners: {shop: {team: Shop, contact: "#shop"}}
defaults: {inbound: {action: deny}}
shapes:
  Order: {type: object, additionalProperties: false, required: [a], properties: {a: {type: integer, minimum: 1, maximum: 12, description: few}, b: {type: string, pattern: "^[a-z]+$", maxLength: 3}}}
components:
  kiosk:
    owner: shop
    about: orders
    outbound:
      order: {to: shop.order, request: {body: {$ref: "#/shapes/Order"}}, response: {200: {media: [application/json]}}}
      rows: {to: external, sql: SELECT t, request: {parameters: {properties: {a: {type: integer}}}}, response: {max_rows: 3}}
  shop:
    owner: shop
    about: sells
    inbound:
      order:
        http: POST /orders
        from: [kiosk]
        action: deny
        variables: {twice: request.body.a * 2}
        request:
          max_bytes: {limit: 1Ki, why: short}
          body: {$ref: "#/shapes/Order"}
          assume: {even: {rule: variables.twice % 2 == 0, why: pairs, action: warn}}
        response: {200: {media: [application/json], body: {type: object, properties: {ok: {type: boolean}}}}, 4XX: {}}
        examples: {one: {request: {body: {a: 2}}, response: {status: 200, body: {ok: true}}, refuse: [{by: body/a/maximum, request: {body: {a: 13}}}]}}
      resize: {call: resize, request: {args: {properties: {w: {type: integer}}}}, response: {result: {type: integer}}}
waivers:
  - {boundary: shop.inbound.order, assumption: even, owner: shop, why: "x", expires: 2027-01-31}
"""
PIECES = [
    "{", "}", "[", "]", ":", ": ", "- ", "\n", "  ", "&a ", "*a", "!!python/object:x ", "!!int ", "!x ", "|", ">", "'",
    '"', "#", "%", "@", "`", "? ", "<<: ", "---\n", "...\n", "\t", "\0", "\x85", "\u2028", "\ufeff", "\ud800", "🐈",
    "null", "~", "true", "no", "1e3", "1_000", "0x1f", "-1", "9" * 30, "9" * 400, ".inf", ".nan", "1.5", "-0", "{}",
    "[]", "2027-01-31", "2027-13-45", "$ref", "#/shapes/Order", "#/shapes/../x", "common.yaml#/shapes/X", "include",
    "additionalProperties", "unevaluatedProperties", "properties", "patternProperties", "propertyNames", "items",
    "prefixItems", "contains", "oneOf", "anyOf", "allOf", "not", "if", "then", "else", "format", "pattern", "(",
    "(a+)+$", "\\1", "(?=a)", "^\\p{L}$", "a{1,99999999}", "maxItems", "minItems", "minimum", "multipleOf", "type",
    "enum", "const", "default", "required", "rule", "has(request.body.a)", "request.body.a", "size(", "1/0", "a.b.c",
    "request.body.all(x, x > 1)", "response.status", "'a'.matches('(')", "timestamp('x')", "9223372036854775808",
    "why", "action", "audit", "warn", "from", "public", "probe", "to", "external", "sql", "SELECT", "INSERT t, t",
    "http", "GET /{a}/{a}", "GET //", "POST /x{y", "call", "200", "4XX", "999", "2XX", "stream", "max_bytes",
    "max_rows", "1Ki", "8Ei", "-1Ki", "1e999", "deadline", "3s", "0s", "fan_out", "spend", "grant", "budgets", "health",
    "examples", "refuse", "by", "waivers", "expires", "failure_policy", "undeclared", "variables", "body", "raw",
    "headers", "media", "image/png", "args", "result", "parameters", "owner", "about", "needs",
]  # fmt: skip

_PLACED = re.compile(r"policies\.yaml:\d+:\d+: \S")


def documented() -> list[str]:
    """The policies of the documentation, with the small ones: each loads, or nearly."""
    texts = [SMALL]
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        texts += re.findall(r"```yaml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    return texts


def sections() -> list[str]:
    """The project's own policies, with one component each: what they call is missing then, which is a fault as well."""
    text = (ROOT / "policies.yaml").read_text("utf-8")
    top, _, below = text.partition("\ncomponents:\n")
    parts = re.split(r"(?m)^  (?=[a-z]+:$)", below)
    return [f"{top}\ncomponents:\n  {part}" for part in parts if part.strip()]


def keys() -> list[str]:
    """Every key of the format."""
    schema = (ROOT / "catguard" / "policies" / "schema.json").read_text("utf-8")
    return sorted(set(re.findall(r'"([a-z_0-9$]+)":', schema)))


def written(value: Any) -> str:
    return "\n".join(_lines(value))


def _lines(value: Any) -> list[str]:
    if isinstance(value, dict):
        return ["{" + ", ".join(f"{name}: {written(inner)}" for name, inner in value.items()) + "}"]
    if isinstance(value, list):
        return ["[" + ", ".join(written(inner) for inner in value) + "]"]
    return [str(value)]


def generated() -> st.SearchStrategy[str]:
    """Documents of the format's keys at any place, with any value."""
    leaves = st.one_of(st.sampled_from(PIECES), st.integers(), st.booleans(), st.text(max_size=5).map(repr))
    tree = st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(keys()), inner, max_size=5),
        max_leaves=25,
    )
    boundary = st.dictionaries(
        st.sampled_from(["http", "call", "sql", "to", "from", "request", "response", "examples", "variables"]), tree
    )
    component = st.fixed_dictionaries(
        {"owner": st.just("shop"), "about": st.just("x")},
        optional={
            side: st.dictionaries(st.sampled_from("ab"), boundary, max_size=2) for side in ("inbound", "outbound")
        },
    )
    whole = st.fixed_dictionaries(
        {
            "catguard": st.just(1),
            "system": st.just("shop"),
            "owners": st.just({"shop": {"team": "Shop", "contact": "us"}}),
            "components": st.one_of(tree, st.dictionaries(st.sampled_from(["shop", "kiosk"]), component)),
        },
        optional=dict.fromkeys(("shapes", "defaults", "waivers", "budgets", "include"), tree),
    )
    return st.one_of(tree, whole).map(written)


def load(text: str) -> None:
    """Load a text; what cannot be loaded says so in words that can be written down."""
    try:
        compile_texts([("policies.yaml", text)])
    except PolicyError as error:
        faults = error.faults or (error,)
        assert [fault for fault in faults if not _PLACED.match(str(fault).encode().decode())] == []


ALTERED = mutated(documented(), PIECES)
TEXTS = {
    "altered": ALTERED,
    "generated": generated(),
    "any": st.text(st.characters(codec=None, exclude_categories=()), max_size=60),
}


def test_documented_policies_are_what_is_altered() -> None:
    compile_texts([("policies.yaml", SMALL)])
    assert len(documented()) > 1
    assert len(sections()) > 2


@pytest.mark.parametrize("kind", TEXTS)
def test_any_text_loads_or_is_at_fault(kind: str) -> None:
    fuzz(load, TEXTS[kind], examples=120)


BAD = {
    "owner without a contact": SMALL.replace('{team: Shop, contact: "#shop"}', "{team: Shop}"),
    "key of another kind in a call": SMALL.replace("max_rows: 3", "media: {type: integer}"),
    "key of another kind in a status": SMALL.replace("4XX: {}", "4XX: {max_rows: {}}"),
    "list of itself": "&a [*a]",
    "mapping of itself": "a: &a {b: *a}",
    "braces": "{" * 2000,
    "brackets": "[" * 2000 + "]" * 2000,
    "question marks": "? " * 2000,
    "dashes": "- " * 2000,
    "digits": "a: " + "9" * 100_000,
    "quotes": "a: " + "'" * 100_000,
    "anchors": "&a " * 5000,
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_bad_text_is_at_fault_in_time(text: str) -> None:
    in_time(load, text)
    with pytest.raises(PolicyError):
        compile_texts([("policies.yaml", text)])


def test_anchor_that_stands_twice_is_allowed_as_in_yaml() -> None:
    compile_texts([("policies.yaml", SMALL.replace("to: external", "to: &a external").replace(": 1\n", ": &a 1\n", 1))])


@pytest.mark.long
@pytest.mark.timeout(TIMEOUT)
@pytest.mark.parametrize("kind", [*TEXTS, "sections"])
def test_a_million_texts_load_or_are_at_fault(kind: str) -> None:
    assert fuzz_long(load, TEXTS.get(kind) or mutated(sections(), PIECES))
