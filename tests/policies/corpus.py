"""Policy texts, trees and files to begin with when the loader is fuzzed, and what is altered in them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import strategies as st

from catguard.policies.document import Document, read
from catguard.policies.model import Fault, Location
from tests.mutations import alter_bytes, alter_text, alter_tree

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


def documented() -> list[str]:
    """The policies of the documentation, with the small ones: each loads, or nearly."""
    texts = [SMALL]
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        texts += re.findall(r"```yaml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    return texts


def sections() -> list[str]:
    """The project's own policies, with one component each: what they call is missing then, which is a fault as well."""
    document, _ = read((ROOT / "policies.yaml").read_text("utf-8"), "policies.yaml")
    assert document is not None
    whole = document.data
    return [json.dumps({**whole, "components": {name: part}}) for name, part in whole["components"].items()]


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


def read_tree(text: str, name: str) -> tuple[Document | None, list[Fault]]:
    """Read JSON, which is YAML too, in a hundredth of the time; every value has a line to itself."""
    values: dict[tuple[str | int, ...], Location] = {}
    keys: dict[tuple[str | int, ...], Location] = {}

    def walk(value: Any, path: tuple[str | int, ...]) -> None:
        values[path] = Location(name, len(values) + 1, 2)
        if isinstance(value, dict | list):
            for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
                if isinstance(value, dict):
                    keys[(*path, step)] = Location(name, len(values) + 1, 1)
                walk(inner, (*path, step))

    data = json.loads(text)
    walk(data, ())
    if not isinstance(data, dict):
        return None, [Fault(values[()], "a policy file is a mapping")]
    return Document(data, values, keys, (name,)), []


def tree(text: str) -> Any:
    """Return what stands in a policy."""
    document, faults = read(text, "policies.yaml")
    assert document is not None, faults
    return document.data


def leaf(random: Random) -> Any:
    return random.choice((*_LEAVES, random.choice(PIECES)))


def key(random: Random) -> str:
    return random.choice(KEYS) if random.random() < 0.8 else random.choice(PIECES)


def vary_text(text: str, random: Random) -> str:
    return alter_text(text, random, PIECES)


def vary_bytes(data: bytes, random: Random) -> bytes:
    return alter_bytes(data, random, ENCODED)


def vary_trees(trees: dict[str, Any], random: Random) -> dict[str, Any]:
    changed = [name for name, tree in trees.items() if tree]
    name = random.choice(changed)
    return {**trees, name: alter_tree(trees[name], random, leaf, key)}


_LEAVES = (
    None,
    True,
    False,
    0,
    1,
    -1,
    3,
    1.5,
    2**63,
    1e999,
    10**30,
    "",
    "a",
    {},
    [],
    [1],
    {"a": 1},
    {"type": "integer"},
)
KEYS = keys()
PIECES = [piece for piece in PIECES if piece != "\ud800"] + KEYS
ENCODED = [piece.encode() for piece in PIECES] + [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xff\xfe"]


def tiny() -> list[dict[str, Any]]:
    """A policy for each boundary of the small ones: a tree costs as much time as it has nodes."""
    whole = tree(SMALL)
    shop = whole["components"]["shop"]["inbound"]
    common = {key: whole[key] for key in ("catguard", "system", "owners")}
    component = {"owner": "shop", "about": "sells"}
    order = {"shapes": whole["shapes"], "waivers": whole["waivers"]}
    sides = (
        ({**order, "defaults": whole["defaults"]}, "inbound", {"order": {**shop["order"], "from": "public"}}),
        ({}, "inbound", {"resize": shop["resize"]}),
        ({}, "outbound", {"rows": whole["components"]["kiosk"]["outbound"]["rows"]}),
    )
    return [{**common, **more, "components": {"shop": {**component, side: found}}} for more, side, found in sides]


def parted() -> dict[str, Any]:
    """The small policies in parts: a file that includes another, and an overlay."""
    whole = tree(SMALL)
    kiosk, shop = whole["components"]["kiosk"], whole["components"]["shop"]
    kiosk["outbound"]["order"]["request"]["body"] = {"$ref": "inner.yaml#/shapes/Order"}
    common = {"catguard": 1, "owners": whole["owners"]}
    inner = {key: whole[key] for key in ("shapes", "defaults", "waivers")}
    changed = {"shop": {"inbound": {"order": {"action": "warn", "from": ["kiosk"]}, "resize": None}}}
    return {
        "policy": {**common, "system": "shop", "include": ["inner.yaml"], "components": {"kiosk": kiosk}},
        "inner": {**common, **inner, "components": {"shop": shop}},
        "patch": {"components": changed},
    }
