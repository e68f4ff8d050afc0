"""One policy out of several files: each speaks of its own components, with its own shapes, and is told by its name."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catguard.analysis.examples import run_examples
from catguard.errors import PolicyError
from catguard.policies import lastgood
from catguard.policies.loader import compile_sources, compile_texts, load_compiled, read_sources
from catguard.policies.sources import Sources

POLICY = """
catguard: 1
system: bakery
include: [shop/policies.yaml, oven.yaml]
owners: {all: {team: All, contact: "#all"}}
defaults: {inbound: {action: warn}}
components: {yard: {owner: all, about: Is outside.}}
"""
COMMON = """
catguard: 1
shapes:
  Order: {type: object, additionalProperties: false, required: [count], properties: {count: {$ref: "#/shapes/Count"}}}
  Count: {type: integer, minimum: 1, maximum: 40, description: forty fill the oven}
"""
SHOP = """
catguard: 1
include: [../common.yaml]
owners: {shop: {team: Shop, contact: "#shop"}}
shapes:
  Answer: {type: object, additionalProperties: false, properties: {baked: {type: integer, description: the shop's own}}}
components:
  shop:
    owner: shop
    about: Sells bread.
    outbound:
      bake:
        to: oven.bake
        request: {body: {$ref: "../common.yaml#/shapes/Order"}}
        response: {200: {media: [application/json], body: {$ref: "#/shapes/Answer"}}}
        examples: {ten: {request: {body: {count: 10}}, refuse: [{by: body/count/maximum, request: {body: {count: 41}}}]}}
"""
OVEN = """
catguard: 1
include: [common.yaml]
owners: {oven: {team: Oven, contact: "#oven"}}
defaults: {inbound: {action: audit}}
shapes:
  Answer: {type: object, additionalProperties: false, properties: {baked: {type: integer, maximum: 40, description: the oven's own}}}
components:
  oven:
    owner: oven
    about: Bakes bread.
    inbound:
      bake:
        http: POST /bake
        from: [shop]
        request: {body: {$ref: "common.yaml#/shapes/Order"}, assume: {even: {rule: request.body.count % 2 == 0, why: pairs}}}
        response: {200: {media: [application/json], body: {$ref: "#/shapes/Answer"}}}
waivers:
  - {boundary: oven.inbound.bake, assumption: even, owner: oven, why: for a while, expires: 2099-01-31}
"""
FILES = {"policies.yaml": POLICY, "shop/policies.yaml": SHOP, "oven.yaml": OVEN, "common.yaml": COMMON}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def sources(**changes: tuple[str, str, str]) -> Sources:
    files = dict(FILES)
    for file, old, new in changes.values():
        assert files[file].count(old) == 1, (file, old)
        files[file] = files[file].replace(old, new)
    return Sources((("policies.yaml", files.pop("policies.yaml")),), files)


def faults(file: str, old: str, new: str) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        compile_sources(sources(change=(file, old, new)))
    return [str(fault) for fault in caught.value.faults]


def test_files_make_one_policy_with_the_places_of_each(place: Path) -> None:
    compiled = load_compiled(place / "policies.yaml")
    policies = compiled.policies
    assert list(policies.components) == ["yard", "shop", "oven"]
    assert [Path(file).relative_to(place).as_posix() for file in policies.files] == [
        "policies.yaml",
        "shop/policies.yaml",
        "common.yaml",
        "oven.yaml",
    ]
    by_id = {found.id: found for found in policies.boundary("shop.outbound.bake").assumptions()}
    assert str(by_id["body/count/maximum"].location) == f"{place}/common.yaml:5:38"
    assert str(by_id["body/baked/type"].location).startswith(f"{place}/shop/policies.yaml:6:")
    assert policies.waivers[0].location.file == f"{place}/oven.yaml"
    assert [str(result) for result in run_examples(compiled) if not result.passed] == []


def test_shapes_of_one_name_are_those_of_their_file() -> None:
    policies = compile_sources(sources()).policies
    whys = {
        name: {found.why for found in policies.boundary(name).assumptions() if found.id == "body/baked/type"}
        for name in ("shop.outbound.bake", "oven.inbound.bake")
    }
    assert whys == {"shop.outbound.bake": {"the shop's own"}, "oven.inbound.bake": {"the oven's own"}}


def test_defaults_of_a_file_go_before_those_of_the_policy() -> None:
    policies = compile_sources(sources()).policies
    assert policies.boundary("oven.inbound.bake").action == "audit"
    without = sources(change=("oven.yaml", "defaults: {inbound: {action: audit}}\n", ""))
    assert compile_sources(without).policies.boundary("oven.inbound.bake").action == "warn"


@pytest.mark.parametrize(
    ("file", "old", "new", "fault"),
    [
        ("policies.yaml", "oven.yaml]", "ovn.yaml]", "policies.yaml:4:31: ovn.yaml cannot be read: there is no such file"),
        ("policies.yaml", "oven.yaml]", "../oven.yaml]", "policies.yaml:4:31: ../oven.yaml leads out of the policy's folder"),
        ("policies.yaml", "oven.yaml]", "/etc/oven.yaml]", "/etc/oven.yaml leads out of the policy's folder"),
        ("policies.yaml", "oven.yaml]", "policies.yaml]", "policies.yaml includes itself: policies.yaml -> policies.yaml"),
        ("policies.yaml", "[shop/policies.yaml, oven.yaml]", "oven.yaml", "`include` is \"oven.yaml\", but must be a list"),
        ("common.yaml", "catguard: 1", "catguard: 1\ninclude: [oven.yaml]", "oven.yaml:3:11: common.yaml includes itself: policies.yaml -> shop/policies.yaml -> common.yaml -> oven.yaml -> common.yaml"),
        ("shop/policies.yaml", "../common.yaml]", "common.yaml]", "shop/common.yaml cannot be read"),
        ("shop/policies.yaml", "../common.yaml]", "../../common.yaml]", "leads out of the policy's folder"),
        ("shop/policies.yaml", "../common.yaml#/shapes/Order", "common.yaml#/shapes/Order", "the policy does not include \"common.yaml\" (did you mean 'common.yaml'?)"),
        ("shop/policies.yaml", "../common.yaml#/shapes/Order", "../common.yaml#/shapes/Oder", "there is no shape \"Oder\" in common.yaml (did you mean 'Order'?)"),
        ("shop/policies.yaml", "#/shapes/Answer", "#/shapes/Order", "there is no shape \"Order\" (known: Answer)"),
        ("shop/policies.yaml", "  shop:\n", "  yard:\n", "shop/policies.yaml:8:3: the component yard is declared at policies.yaml:7:14 already"),
        ("shop/policies.yaml", "about: Sells", "abuot: Sells", "shop/policies.yaml:10:5: unknown key \"abuot\" (did you mean 'about'?)"),
        ("shop/policies.yaml", "catguard: 1\n", "catguard: 1\nsystem: other\n", "the file names another system"),
        ("shop/policies.yaml", "owners: {shop: {team: Shop, contact: \"#shop\"}}", "owners: {shop: {team: Shop, contact: \"#shop\"}, all: {team: Us, contact: x}}", "the owner all is declared at policies.yaml:5:10 already"),
        ("shop/policies.yaml", "  Answer:", "  answer:", "shop/policies.yaml:6:3: the name \"answer\" is not how it is written"),
        ("shop/policies.yaml", "    owner: shop", "    owner: oven2", "there is no owner \"oven2\" (did you mean 'oven'?)"),
        ("oven.yaml", "catguard: 1\n", "catguard: 1\nlint: {}\n", "oven.yaml:3:1: `lint` belongs to the whole policy"),
        ("oven.yaml", "boundary: oven.inbound.bake", "boundary: shop.outbound.bake", "the waiver is about shop, which this file does not declare"),
        ("oven.yaml", "request.body.count % 2", "request.body.cuont % 2", "oven.yaml:16:"),
        ("oven.yaml", "catguard: 1", "catguard: [", "oven.yaml:"),
        ("common.yaml", "type: integer", "type: intger", "common.yaml:5:17: `type` is \"intger\""),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_file_is_told_with_its_place(file: str, old: str, new: str, fault: str) -> None:
    found = faults(file, old, new)
    assert any(fault in each for each in found), found
    assert len(found) == len(set(found))


def test_link_that_leads_out_of_the_folder_is_not_followed(
    place: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "oven.yaml"
    outside.write_text(OVEN)
    (place / "oven.yaml").unlink()
    os.symlink(outside, place / "oven.yaml")
    words = r"oven\.yaml cannot be read: it is a link that leads out of the policy's folder"
    with pytest.raises(PolicyError, match=words):
        load_compiled(place / "policies.yaml")
    # A process that loads apart is told the same.
    found = read_sources(place / "policies.yaml")
    with pytest.raises(PolicyError, match=words):
        compile_sources(Sources.of_data(json.loads(json.dumps(found.as_data()))))


@pytest.mark.timeout(10)
@pytest.mark.parametrize("file", ["oven.yaml", "policies.yaml"])
def test_pipe_is_no_file_and_nobody_waits_for_it(place: Path, file: str) -> None:
    (place / file).unlink()
    os.mkfifo(place / file)
    with pytest.raises(PolicyError, match=r"cannot be read: it is not a file"):
        load_compiled(place / "policies.yaml")


def test_folder_and_bytes_that_are_included_are_told_as_such(place: Path) -> None:
    (place / "oven.yaml").unlink()
    (place / "oven.yaml").mkdir()
    with pytest.raises(PolicyError, match=r"oven\.yaml cannot be read: Is a directory"):
        load_compiled(place / "policies.yaml")
    (place / "oven.yaml").rmdir()
    (place / "oven.yaml").write_bytes(b"\xff")
    with pytest.raises(PolicyError, match=r"oven\.yaml cannot be read: it is no text in UTF-8"):
        load_compiled(place / "policies.yaml")


def test_overlay_changes_what_is_included_and_includes_nothing(place: Path) -> None:
    ours = place / "ours.yaml"
    ours.write_text(
        "components: {oven: {inbound: {bake: {request: {body: {$ref: 'common.yaml#/shapes/Order', minProperties: 1}}}}}}\n"
    )
    compiled = load_compiled([place / "policies.yaml", ours])
    assert "body/minProperties" in {found.id for found in compiled.policies.boundary("oven.inbound.bake").assumptions()}
    ours.write_text("include: [more.yaml]\n")
    with pytest.raises(PolicyError, match=r"ours\.yaml:1:1: an overlay includes nothing"):
        load_compiled([place / "policies.yaml", ours])


def test_revision_is_that_of_all_files_wherever_they_lie(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = load_compiled(place / "policies.yaml").revision
    monkeypatch.chdir(place)
    assert load_compiled(Path("policies.yaml")).revision == here == compile_sources(sources()).revision
    (place / "common.yaml").write_text(COMMON.replace("maximum: 40", "maximum: 39"))
    assert load_compiled(Path("policies.yaml")).revision != here


def test_sources_are_all_files_and_can_be_kept(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    found = read_sources(Path("policies.yaml"))
    assert sorted(found.files) == sorted(FILES)
    (place / "oven.yaml").unlink()
    assert read_sources(Path("policies.yaml")).files == found.files  # it may come back
    lastgood.keep(place / "kept.json", "r", found)
    assert compile_sources(lastgood.read_kept(place / "kept.json")[1]).policies.components.keys() == {
        "yard",
        "shop",
        "oven",
    }


@pytest.mark.parametrize(
    "written",
    ["include:\n  - shop/policies.yaml\n  # both\n  - oven.yaml\n", "include :  [shop/policies.yaml,\n  oven.yaml]\n"],
)
def test_includes_are_found_however_they_are_written(place: Path, written: str) -> None:
    (place / "policies.yaml").write_text(POLICY.replace("include: [shop/policies.yaml, oven.yaml]\n", written))
    assert set(read_sources(place / "policies.yaml").included) == {"shop/policies.yaml", "oven.yaml", "common.yaml"}


@given(
    include=st.recursive(
        st.none() | st.text() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
def test_whatever_stands_under_include_is_a_fault_or_loads(include: Any) -> None:
    text = json.dumps(
        {
            "catguard": 1,
            "system": "x",
            "owners": {"a": {"team": "A", "contact": "b"}},
            "include": include,
            "components": {"c": {"owner": "a", "about": "x"}},
        }
    )
    with suppress(PolicyError):
        compile_texts([("policies.yaml", text)])


def test_name_that_breaks_lines_is_no_file() -> None:
    about = [fault for fault in faults("policies.yaml", "oven.yaml]", '"a\\u2028.yaml"]') if "yaml:4:" in fault]
    assert len(about) == 1
    assert "which is not how it is written" in about[0]
