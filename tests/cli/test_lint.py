from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from catguard.analysis.catalogue import CATALOGUE
from catguard.cli.lint import lint
from catguard.errors import CatguardError

TOY = Path(__file__).parents[1] / "toy.yaml"


def run(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "120"}).invoke(lint, arguments)


def test_findings_are_a_table_with_their_place() -> None:
    done = run(str(TOY))
    assert done.exit_code == 0
    assert f"{TOY}:12:7" in done.output
    assert "without-example" in done.output
    assert "11 findings, 0 of them errors; catguard lint --explain RULE says more" in done.output


def test_findings_as_json_name_rule_level_and_boundary() -> None:
    found = json.loads(run(str(TOY), "--json").output)["findings"]
    assert {"rule": "without-example", "level": "warning", "boundary": "shop.inbound.list"}.items() <= found[-2].items()


def test_an_error_fails(tmp_path: Path) -> None:
    loose = tmp_path / "loose.yaml"
    loose.write_text(TOY.read_text().replace("maxLength: 10, default: hi", "default: hi"))
    done = run(str(loose))
    assert done.exit_code == 1
    assert "1 of them errors" in done.output


def test_policies_that_do_not_load_are_faults(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(TOY.read_text().replace("maximum: 12", "maxium: 12"))
    done = run(str(bad))
    assert done.exit_code == 1
    assert "did you mean 'maximum'?" in done.output
    assert "1 fault in" in done.output
    assert json.loads(run(str(bad), "--json").output)["faults"][0]["message"] == 'unknown key "maxium"'


@pytest.mark.parametrize("rule", CATALOGUE)
def test_every_rule_is_explained(rule: str) -> None:
    text = run("--explain", rule).output
    for piece in (rule, CATALOGUE[rule].title, "avoid", "prefer"):
        assert piece in text
    assert CATALOGUE[rule].avoid.splitlines()[0] in text
    assert ("off: the reason" in text) == CATALOGUE[rule].switchable


def test_an_unknown_rule_suggests() -> None:
    done = run("--explain", "unbouned")
    assert isinstance(done.exception, CatguardError)
    assert "did you mean 'unbounded'?" in str(done.exception)


def test_the_list_has_every_rule() -> None:
    text = run("--list").output
    assert [line.split()[0] for line in text.splitlines()[1:]] == list(CATALOGUE)
    assert [entry["id"] for entry in json.loads(run("--list", "--json").output)] == list(CATALOGUE)
