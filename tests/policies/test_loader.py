from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from catguard.errors import PolicyError
from catguard.policies.loader import compile_texts, load_compiled
from tests.loading import load_text

TOY = (Path(__file__).parent.parent / "toy.yaml").read_text()


def faults(text: str) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        compile_texts([("toy.yaml", text)])
    return [str(fault) for fault in caught.value.faults]


def changed(old: str, new: str) -> str:
    assert TOY.count(old) == 1, old
    return TOY.replace(old, new)


def test_the_toy_loads() -> None:
    policies = load_text(TOY)
    assert policies.boundary("shop.inbound.order").method == "POST"
    assert policies.boundary("shop.inbound.healthz").path == "/healthz"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("    about: toy", "    abuot: toy", "toy.yaml:9:5: unknown key \"abuot\" (did you mean 'about'?)"),
        ("owner: me", "owner: mee", "there is no owner \"mee\" (did you mean 'me'?)"),
        ('$ref: "#/shapes/Order"', '$ref: "#/shapes/Oder"', "there is no shape \"Oder\" (did you mean 'Order'?)"),
        ("request.body.count % 2", "request.body.cuont % 2", "did you mean 'count'"),
        ("http: POST /orders/{id}", "http: POST /orders/{key}", "the path parameter {key} has no shape"),
        ("http: POST /orders/{id}", "call: order", "means nothing in the request of a boundary of the kind call"),
        ("from: public\n        request:", "from: nobody\n        request:", 'there is no component "nobody"'),
        ("    health: {}", "    health: {needs: [bakery]}", 'there is no component "bakery"'),
        ("max_bytes: 10", "max_bytes: 10 apples", "`max_bytes`"),
        ("owners: {me", "owners: {me: {team: A, contact: b}, me", "the key 'me' is written twice"),
        ("maximum: 12", "maximum: twelve", '`maximum` is "twelve", but must be a number'),
        ("maximum: 12", "maxium: 12", "unknown key \"maxium\" (did you mean 'maximum'?)"),
        ("type: integer, minimum: 1, maximum: 12", "type: intger, minimum: 1", "did you mean 'integer'?"),
        ("maxLength: 10, default: hi", "pattern: '(?=a)', default: hi", "has look-around or a back-reference"),
        ("additionalProperties: false, required: [count]", "required: [count]", "does not say whether it is open"),
        (
            "additionalProperties: false, required: [ok]",
            "default: {ok: true}, additionalProperties: false, required: [ok]",
            "",
        ),
        ("system: toy", "sistem: toy", "unknown key \"sistem\" (did you mean 'system'?)"),
        ("catguard: 1", "catguard: 2", "`catguard` is 2, but must be 1"),
        ("rule: response.body.ok,", "rule: response.body,", "a rule is true or false"),
        ("          422: {}", "          teapot: {}", 'unknown key "teapot"'),
        ("http: GET /orders", "http: POST /orders/{x}", "match the same calls"),
    ],
)
def test_a_fault_is_told_with_its_place_and_a_hint(old: str, new: str, fault: str) -> None:
    if not fault:
        load_text(changed(old, new))
        return
    found = faults(changed(old, new))
    assert any(fault in each for each in found), found
    assert all(each.startswith("toy.yaml:") for each in found)


def test_all_faults_are_told_at_once() -> None:
    text = TOY.replace("about: toy", "abuot: toy").replace("maximum: 12", "maximum: twelve")
    text = text.replace("response.body.ok, why", "response.body.okk, why").replace("max_bytes: 10", "max_byts: 10")
    text = text.replace("owner: me", "owner: mee")
    found = "\n".join(faults(text))
    for piece in ("abuot", "twelve", "max_byts", "mee"):
        assert piece in found


def test_faults_name_line_and_column() -> None:
    text = changed("request.body.count % 2", "request.body.cuont % 2")
    line = next(number for number, each in enumerate(text.splitlines(), 1) if "cuont" in each)
    column = text.splitlines()[line - 1].index("cuont") + 1
    (fault,) = faults(text)
    place = fault.split(" ")[0]
    assert place.startswith(f"toy.yaml:{line}:")
    assert abs(int(place.split(":")[2]) - column) <= len("request.body.")


EDGES = """
catguard: 1
system: two
owners: {a: {team: A, contact: "#a"}}
components:
  caller:
    owner: a
    about: calls
    outbound:
      ask: {to: callee.answer, request: {query: {properties: {n: {type: integer, maximum: 5, description: few}}}}, response: {200: {media: [text/plain]}}}
  callee:
    owner: a
    about: answers
    inbound:
      answer: {http: GET /answer, from: [caller], request: {query: {properties: {n: {type: integer, maximum: 9, default: 1, description: few}}}}, response: {200: {media: [text/plain]}}}
"""


def edge(change: Callable[[str], str]) -> str:
    return "\n".join(faults(change(EDGES)))


def test_an_edge_takes_method_and_path_from_its_callee() -> None:
    boundary = load_text(EDGES).boundary("caller.outbound.ask")
    assert (boundary.method, boundary.path) == ("GET", "/answer")


def test_an_edge_without_its_other_end_is_a_fault() -> None:
    assert "the other end of this edge is missing" in edge(
        lambda text: text.replace("to: callee.answer", "to: callee.anser")
    )
    assert "did you mean 'answer'?" in edge(lambda text: text.replace("to: callee.answer", "to: callee.anser"))
    assert 'there is no component "callees"' in edge(
        lambda text: text.replace("to: callee.answer", "to: callees.answer")
    )


def test_parameters_of_a_path_that_nobody_declares_are_no_second_fault() -> None:
    asked = "request: {params: {properties: {n: {type: integer, description: few}}}, assume: {some: {rule: request.params.n > 0, why: few}}}"
    ask = EDGES.partition("ask: {")[2].partition("\n")[0]
    (fault,) = faults(EDGES.replace(ask, f"to: callees.answer, {asked}, response: {{200: {{media: [text/plain]}}}}}}"))
    assert 'there is no component "callees"' in fault


def test_a_callee_must_know_its_caller() -> None:
    found = edge(lambda text: text.replace("from: [caller]", "from: [probe]"))
    assert "does not take calls from caller" in found
    assert "add caller there" in found


def test_a_caller_in_from_must_call() -> None:
    found = edge(lambda text: text.replace("    outbound:\n      ask:", "    outbound: {}\n    xoutbound:\n      ask:"))
    assert "caller has no outbound boundary to callee.answer" in found


def test_defaults_that_differ_across_an_edge_are_a_fault() -> None:
    found = edge(lambda text: text.replace("maximum: 5,", "maximum: 5, default: 2,"))
    assert "the default of query/n differs from that of callee.inbound.answer: it is 1 there" in found


def test_a_default_that_nobody_applies_is_a_fault() -> None:
    header = "headers: {properties: {x: {type: string, maxLength: 3, default: a, description: few}}}"
    found = edge(
        lambda text: text.replace(
            "response: {200: {media: [text/plain]}}}\n  callee",
            f"response: {{200: {{media: [text/plain], {header}}}}}}}\n  callee",
        )
    )
    assert "nobody applies defaults to responses" in found


def test_a_shape_that_contains_itself_is_a_fault() -> None:
    text = TOY.replace("note: {type", 'inner: {$ref: "#/shapes/Order"}, note: {type')
    assert "contains itself: Order -> Order" in "\n".join(faults(text))


@pytest.mark.parametrize(("old", "new"), [("about: ", 'about: "\\ud800" #'), ("about: ", '"\\ud800": 1\n    about: ')])
def test_half_of_a_surrogate_pair_is_a_fault(old: str, new: str) -> None:
    found = faults(TOY.replace(old, new, 1))
    assert any("half of a surrogate pair is no character" in fault for fault in found)


def test_a_shape_that_grows_with_each_reference_is_a_fault() -> None:
    twice = (
        "{type: object, additionalProperties: false, properties: {a: {$ref: '#/shapes/N'}, b: {$ref: '#/shapes/N'}}}"
    )
    shapes = "".join(f"  Grown{n}: {twice.replace('/N', f'/Grown{n + 1}')}\n" for n in range(30))
    text = TOY.replace("shapes:\n", f"shapes:\n{shapes}  Grown30: {{type: boolean}}\n")
    found = faults(text.replace("note: {type", 'grown: {$ref: "#/shapes/Grown0"}, note: {type'))
    assert "has more than 20000 keywords once its references are written out" in found[0]


def test_a_rule_that_reads_an_optional_member_without_has_is_a_fault() -> None:
    text = changed(
        "properties: {ok: {type: boolean, description: x}}",
        "properties: {ok: {type: boolean, description: x}, no: {type: boolean, description: x}}",
    )
    text = text.replace("rule: response.body.ok,", "rule: response.body.no,")
    assert "has(response.body.no)" in "\n".join(faults(text))


def test_actions_cannot_soften_byte_limits_or_single_types() -> None:
    soft = changed("max_bytes: 10", "max_bytes: {limit: 10, why: small, action: audit}")
    assert "byte limits cannot be softened" in "\n".join(faults(soft))
    soft = changed(
        "        http: POST /orders/{id}", "        actions: {body/count/type: audit}\n        http: POST /orders/{id}"
    )
    assert "can be softened only with the whole boundary" in "\n".join(faults(soft))


def test_a_rule_may_be_called_like_a_keyword() -> None:
    text = changed("even: {rule", "type: {action: audit, rule")
    (rule,) = load_text(text).boundary("shop.inbound.order").request.rules
    assert (rule.assumption.id, rule.assumption.action) == ("type", "audit")


def test_a_required_member_that_a_closed_object_cannot_have_is_a_fault() -> None:
    found = faults(changed("required: [count]", "required: [cuont]"))
    assert any(
        'requires "cuont", which it does not declare' in fault and "did you mean 'count'?" in fault for fault in found
    )


def test_actions_name_assumptions_that_exist() -> None:
    text = changed(
        "        http: POST /orders/{id}",
        "        actions: {body/count/maxmum: audit}\n        http: POST /orders/{id}",
    )
    assert "did you mean 'body/count/maximum'?" in "\n".join(faults(text))


def test_action_overrides_are_part_of_the_revision_and_never_reach_byte_limits() -> None:
    plain, soft = load_text(TOY), load_text(TOY, actions=[("shop.*", "audit")])
    assert plain.revision != soft.revision
    actions = {found.id: found.action for found in soft.boundary("shop.inbound.order").request.assumptions()}
    assert actions["body/count/maximum"] == actions["body/count/type"] == "audit"
    assert actions["max_bytes"] == "deny"


def test_the_last_override_that_matches_wins() -> None:
    policies = load_text(TOY, actions=[("shop.*", "audit"), ("shop.inbound.order/even", "warn")])
    actions = {found.id: found.action for found in policies.boundary("shop.inbound.order").request.assumptions()}
    assert (actions["even"], actions["body/count/maximum"]) == ("warn", "audit")


def test_the_revision_is_that_of_the_content_not_of_the_layout() -> None:
    assert load_text(TOY).revision == load_text("# a comment\n\n" + TOY).revision
    assert load_text(TOY).revision != load_text(changed("maximum: 12", "maximum: 11")).revision


def test_a_later_file_overlays_an_earlier_one_and_keeps_its_places(tmp_path: Path) -> None:
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text(TOY)
    second.write_text("shapes:\n  Order: {properties: {count: {maximum: 6, description: fewer}}}\n")
    policies = load_compiled([first, second]).policies
    limits = {found.id: found for found in policies.boundary("shop.inbound.order").request.assumptions()}
    assert limits["body/count/maximum"].limit == "at most 6"
    assert str(limits["body/count/maximum"].location).startswith(f"{second}:2:")
    assert str(limits["body/count/minimum"].location).startswith(f"{first}:")


def test_an_overlay_removes_with_null(tmp_path: Path) -> None:
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text(TOY)
    second.write_text("components: {shop: {inbound: {list: null}}}\n")
    assert "list" not in load_compiled([first, second]).policies.components["shop"].inbound


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "a policy file is a mapping"),
        ("[1]", "a policy file is a mapping"),
        ("a: [", "not readable as YAML"),
        ("a: &a [*a]", "nested too deeply"),
        ("\x00", "not readable as YAML"),
        ("catguard: 1\n<<: {a: 1}", "merge keys"),
        ("catguard: " + "1" * 5000, "must be 1"),
        ("catguard: 1\n? [a]\n: 1", "a key must be a word"),
    ],
)
def test_text_that_is_no_policy_is_told(text: str, fault: str) -> None:
    assert fault in "\n".join(faults(text))


def test_an_alias_bomb_is_refused() -> None:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert "too large once its aliases are written out" in "\n".join(faults("\n".join(lines)))


def test_yaml_is_1_2_where_no_is_a_word() -> None:
    policies = load_text(changed("system: toy", "system: no"))
    assert policies.system == "no"


def test_a_missing_file_is_a_fault_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"nosuch\.yaml:1:1: cannot be read"):
        load_compiled([tmp_path / "nosuch.yaml"])
