"""Any text is a policy set or faults: nothing else is raised, nothing is warned, and nothing takes long."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from catguard.errors import PolicyError
from catguard.policies.compiler import CompiledPolicySet
from catguard.policies.document import read
from catguard.policies.loader import compile_texts, load_compiled
from tests.fuzzing import TIMEOUT, Inputs, fuzz, fuzz_long
from tests.loading import load_text
from tests.policies.corpus import (
    SMALL,
    documented,
    generated,
    parted,
    read_tree,
    sections,
    tiny,
    tree,
    vary_bytes,
    vary_text,
    vary_trees,
)

_PLACED = re.compile(r"(policies|inner|patch)\.yaml:\d+:\d+: \S")


def load(text: str) -> None:
    """Load a text; what cannot be loaded says so in words that can be written down."""
    held(lambda: compile_texts([("policies.yaml", text)]))


def alone(policy: Any) -> dict[str, Any]:
    return {"policy": policy, "inner": None, "patch": None}


def load_file(data: bytes, *, path: Path) -> None:
    """Load a file of any bytes."""
    path.write_bytes(data)
    held(lambda: load_compiled(path))


def held(load: Callable[[], CompiledPolicySet]) -> None:
    try:
        found = load()
    except PolicyError as error:
        faults = error.faults or (error,)
        assert [fault for fault in faults if not _PLACED.search(str(fault).encode().decode())] == []
        return
    for boundary in found.boundaries.values():
        for phase in boundary.phases():
            phase.generated()


def load_trees(trees: dict[str, Any]) -> None:
    """Load a policy with what it includes and what overlays it, each as it was read."""
    policy, inner, patch = (json.dumps(trees[name]) for name in ("policy", "inner", "patch"))
    texts = [("policies.yaml", policy), ("patch.yaml", patch)][: 2 if trees["patch"] else 1]
    held(lambda: compile_texts(texts, included={"inner.yaml": inner}))


TEXTS = {
    "altered": Inputs(st.sampled_from(documented()), vary_text),
    "generated": Inputs(generated(), vary_text),
    "any": Inputs(st.text(st.characters(codec=None, exclude_categories=()), max_size=60), vary_text),
}


def test_documented_policies_are_what_is_altered() -> None:
    compile_texts([("policies.yaml", SMALL)])
    assert len(documented()) > 1


@pytest.mark.parametrize("kind", TEXTS)
def test_any_text_loads_or_is_at_fault(kind: str) -> None:
    fuzz(load, TEXTS[kind], examples=60)


BAD = {
    "owner without a contact": SMALL.replace('{team: Shop, contact: "#shop"}', "{team: Shop}"),
    "key of another kind in a call": SMALL.replace("max_rows: 3", "media: {type: integer}"),
    "defaults of a side that are a word": SMALL.replace("{inbound: {action: deny}}", "{inbound: deny}"),
    "defaults with an action that is none": SMALL.replace("{action: deny}}", "{action: [deny]}}"),
    "list of rules for the linter": SMALL + "lint: [no-such-rule]\n",
    "needs of a health that are a number": SMALL.replace(
        "    about: sells", "    about: sells\n    health: {needs: 1}"
    ),
    "key of another kind in a status": SMALL.replace("4XX: {}", "4XX: {max_rows: {}}"),
    "list of itself": "&a [*a]",
    "mapping of itself": "a: &a {b: *a}",
    "braces": "{" * 300,
    "brackets": "[" * 300 + "]" * 300,
    "question marks": "? " * 300,
    "dashes": "- " * 300,
    "digits": "a: " + "9" * 100_000,
    "quotes": "a: " + "'" * 100_000,
    "anchors": "&a " * 1000,
    "unknown keys": "\n".join(f"key-{number}: 1" for number in range(500)),
    "aliases of aliases": "\n".join(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9 if n else 'x'}]" for n in range(20)),
    "groups": SMALL.replace('"^[a-z]+$"', "(" * 2000 + ")" * 2000),
    "repetition": SMALL.replace('"^[a-z]+$"', '"a{99999999999}"'),
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_bad_text_is_at_fault(text: str) -> None:
    with pytest.raises(PolicyError):
        compile_texts([("policies.yaml", text)])


def test_shape_that_nothing_fits_is_an_assumption_as_others_are() -> None:
    boundary = load_text(SMALL.replace("result: {type: integer}", "result: false")).components["shop"].inbound["resize"]
    assert "result/not" in {assumption.id for assumption in boundary.assumptions()}


def test_anchor_that_stands_twice_is_allowed_as_in_yaml() -> None:
    compile_texts([("policies.yaml", SMALL.replace("to: external", "to: &a external").replace(": 1\n", ": &a 1\n", 1))])


def test_altered_bytes_of_a_file_load_or_are_at_fault(tmp_path: Path) -> None:
    law = partial(load_file, path=tmp_path / "policies.yaml")
    fuzz(law, Inputs(st.just(SMALL.encode()), vary_bytes), examples=20)


def test_tree_is_read_as_its_text_is() -> None:
    for text in documented():
        fast, slow = read_tree(json.dumps(tree(text)), "a")[0], read(text, "a")[0]
        assert fast is not None
        assert slow is not None
        assert fast.data == slow.data
        assert fast.values.keys() == slow.values.keys()
        assert fast.keys.keys() == slow.keys.keys()


def test_small_policy_loads_in_parts() -> None:
    policy, inner, patch = map(json.dumps, parted().values())
    compile_texts([("policies.yaml", policy), ("patch.yaml", patch)], included={"inner.yaml": inner})


#: Of all inputs of the long run.
SHARES = {"altered": 0.025, "generated": 0.02, "any": 0.02, "bad": 0.005}
LONG = TEXTS | {
    "bad": Inputs(st.sampled_from([text[:20_000] for text in BAD.values()]), vary_text),
}


@pytest.mark.long
@pytest.mark.timeout(TIMEOUT)
@pytest.mark.parametrize("kind", LONG)
def test_a_million_texts_load_or_are_at_fault(kind: str) -> None:
    fuzz_long(load, LONG[kind], name=f"loader, {kind}", share=SHARES[kind])


@pytest.mark.long
@pytest.mark.timeout(TIMEOUT)
def test_a_million_files_load_or_are_at_fault(tmp_path: Path) -> None:
    law = partial(load_file, path=tmp_path / "policies.yaml")
    bases = st.sampled_from([text.encode() for text in documented()])
    fuzz_long(law, Inputs(bases, vary_bytes), name="loader, bytes", share=0.01)


@pytest.mark.long
@pytest.mark.timeout(TIMEOUT)
@pytest.mark.parametrize(
    ("name", "bases", "share"),
    [
        ("tiny", lambda: [alone(policy) for policy in tiny()], 0.08),
        ("documented", lambda: [alone(tree(text)) for text in documented()], 0.03),
        ("parted", lambda: [parted()], 0.01),
        ("sections", lambda: [alone(tree(text)) for text in sections()], 0.001),
    ],
    ids=["tiny", "documented", "parted", "sections"],
)
def test_a_million_trees_load_or_are_at_fault(
    name: str, bases: Callable[[], list[Any]], share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Most of the time that a text takes goes into YAML, and most altered texts are no YAML any more.
    trees = Inputs(st.sampled_from(bases()), vary_trees)
    monkeypatch.setattr("catguard.policies.loader.read", read_tree)
    monkeypatch.setattr("catguard.policies.includes.read", read_tree)
    fuzz_long(load_trees, trees, name=f"loader, trees, {name}", share=share)
