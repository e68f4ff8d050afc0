from __future__ import annotations

import json
import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from catguard.cli.check import check
from catguard.cli.explain import explain
from catguard.cli.up import up
from catguard.errors import CatguardError

ROOT = Path(__file__).parent.parent.parent
SHIPPED = str(ROOT / "policies.yaml")
TOY = ROOT / "tests" / "toy.yaml"


def run(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "120"}).invoke(check, arguments)


def test_the_shipped_policies_are_ok() -> None:
    done = run(SHIPPED)
    assert done.exit_code == 0, done.output
    assert "0 of them wrong" in done.output
    assert "declared, not verified" in done.output


def test_json_says_what_the_text_says() -> None:
    report = json.loads(run(SHIPPED, "--format", "json").output)
    assert report["ok"] is True
    assert len(report["revision"]) == 64
    assert all(example["passed"] for example in report["examples"])
    assert {example["kind"] for example in report["examples"]} == {"accept", "refuse"}


def test_faults_are_told_with_place_and_hint_and_exit_code_1(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(TOY.read_text().replace("maximum: 12", "maxium: 12").replace("owner: me", "owner: mee"))
    done = run(str(bad))
    assert done.exit_code == 1
    assert "did you mean 'maximum'?" in done.output
    assert "did you mean 'me'?" in done.output
    assert "2 faults" in done.output
    report = json.loads(run(str(bad), "--format", "json").output)
    assert [fault["location"].split(":")[1] for fault in report["faults"]] == ["5", "8"]
    assert report["ok"] is False


@pytest.mark.parametrize("command", [check, explain, up])
def test_a_policy_file_that_is_not_there_says_how_to_name_another(
    command: click.Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(command, ["store"] if command is explain else [])
    said = done.output if command is check else str(done.exception)
    assert done.exit_code == 1
    assert "run the command in the folder of that file, or say where it is: --policies FILE" in said


def test_a_wrong_example_fails(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    text = (ROOT / "policies.yaml").read_text()
    assert "{by: picture-area, request: {body: {width: 4096, height: 4096}}}" in text
    bad.write_text(
        text.replace(
            "{by: picture-area, request: {body: {width: 4096, height: 4096}}}",
            "{by: picture-area, request: {body: {width: 400, height: 400}}}",
            1,
        )
    )
    done = run(str(bad))
    assert done.exit_code == 1
    assert "must break just picture-area, but breaks nothing" in done.output.replace("\n", " ")


def test_a_lint_error_fails_and_a_warning_does_not(tmp_path: Path) -> None:
    loose = tmp_path / "loose.yaml"
    loose.write_text(TOY.read_text().replace("maxLength: 10, default: hi", "default: hi"))
    done = run(str(loose))
    assert done.exit_code == 1
    assert "error unbounded: shop.inbound.order: body/note has no maxLength" in done.output
    loose.write_text(TOY.read_text())
    done = run(str(loose))
    assert done.exit_code == 0
    assert "warning without-example" in done.output


def test_actions_are_taken_into_account() -> None:
    plain, soft = (
        json.loads(run(SHIPPED, "--format", "json", *extra).output) for extra in ((), ("--action", "store.*=audit"))
    )
    assert plain["revision"] != soft["revision"]


def test_a_missing_file_says_so() -> None:
    done = run("nosuch.yaml")
    assert done.exit_code == 1
    assert "nosuch.yaml:1:1: cannot be read" in done.output


def explained(*arguments: str) -> str:
    done = CliRunner(env={"COLUMNS": "200"}).invoke(explain, [*arguments, "--policies", SHIPPED])
    assert done.exit_code == 0, done.output
    return done.output


def test_explain_shows_a_boundary_on_one_screen() -> None:
    text = explained("catomatic.inbound.render")
    for piece in (
        "from frontend (declared, not verified)",
        "variables.area = request.body.width * request.body.height",
        "a whole number; at least 16; at most 4096",
        "picture-area",
        "a picture has at most 4,000,000",
        "request, where one does not hold: refused with a 4xx",
        "response 200, where one does not hold: answered with 500 instead",
        "Cat-o-matic (#catomatic-oncall)",
    ):
        assert piece in text
    assert len(text.splitlines()) <= 60


def test_explain_shows_every_boundary_of_a_component() -> None:
    text = explained("store")
    for name in ("store.inbound.find", "store.outbound.select-pictures", "store.inbound.admit"):
        assert name in text
    assert "not executed, CallRefused" in text


def test_explain_as_json_has_every_assumption() -> None:
    (boundary,) = json.loads(explained("frontend.outbound.render", "--format", "json"))
    found = {(row["phase"], row["id"]): row for row in boundary["assumptions"]}
    assert found["request", "body/width/maximum"]["limit"] == "at most 4096"
    assert found["request", "body/width/maximum"]["policy"].endswith(".yaml:22:38")
    assert found["response 200", "size-as-ordered"]["then"] == "the answer is not handed on, CallRefused"


def test_explain_shows_what_the_rules_cost() -> None:
    text = " ".join(explained("store.inbound.find").split())
    assert "of 500,000 units; most of it tag-as-asked with 4,266, through response.body.pictures (up to 60), " in text
    (boundary,) = json.loads(explained("store.inbound.find", "--format", "json"))
    assert boundary["cost"]["units"] == sum(rule["units"] for rule in boundary["cost"]["rules"])


def test_explain_follows_overrides() -> None:
    text = explained("frontend.outbound.render", "--action", "frontend.*=audit")
    assert "let through; telemetry is told" in text


@pytest.mark.parametrize(
    ("boundary", "told"),
    [
        ("catomatic.inbound.render", "the caller and telemetry are told"),
        ("frontend.outbound.render", "the calling code and telemetry are told"),
        ("catomatic.inbound.resize", "telemetry is told"),
        ("store.outbound.select-pictures", "telemetry is told"),
    ],
)
def test_explain_says_who_is_told_of_a_warning(boundary: str, told: str) -> None:
    (found,) = json.loads(explained(boundary, "--format", "json", "--action", f"{boundary}=warn"))
    softened = {row["then"] for row in found["assumptions"] if row["action"] == "warn"}
    assert softened == {f"let through; {told}"}


def test_explain_says_what_is_let_through_where_it_cannot_be_evaluated(tmp_path: Path) -> None:
    lenient = tmp_path / "lenient.yaml"
    lenient.write_text("components: {catomatic: {inbound: {render: {failure_policy: ignore}}}}")
    (found,) = json.loads(explained("catomatic.inbound.render", "--policies", str(lenient), "--format", "json"))
    thens = {row["kind"]: row["then"] for row in found["assumptions"] if row["phase"] == "request"}
    assert thens["rule"] == "refused with a 4xx; where it cannot be evaluated: let through, telemetry is told"
    assert thens["shape"] == "refused with a 4xx"


def test_explain_of_an_unknown_name_suggests() -> None:
    done = CliRunner().invoke(explain, ["frontnd", "--policies", SHIPPED])
    assert isinstance(done.exception, CatguardError)
    assert "did you mean 'frontend'?" in str(done.exception)


@pytest.mark.parametrize("command", [check, explain])
def test_help_has_examples(command: object) -> None:
    assert "Examples:" in CliRunner().invoke(command, ["--help"]).output  # type: ignore[arg-type] # both are commands


def test_what_is_piped_is_not_broken_where_it_is_searched_or_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.chdir(ROOT)
    checked = CliRunner().invoke(check, ["policies.yaml"]).output.splitlines()
    assert "frontend.outbound.render" in " ".join(checked)
    assert "findings; revision " in checked[-1]
    explained = CliRunner().invoke(explain, ["frontend.outbound.render"]).output
    assert "few-in-one-picture" in explained
    assert "variables.area <= 4000000" in explained


def test_explain_in_a_narrow_terminal_keeps_ids_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    narrow = CliRunner(env={"COLUMNS": "80"})
    explained = narrow.invoke(explain, ["frontend.outbound.render", "--policies", "policies.yaml"]).output
    assert "few-in-one-picture " in explained
    assert "headers/catomatic-cats " in explained
    assert re.search(r"policies\.yaml:\d+\s*$", explained, re.M)
    assert max(map(len, explained.splitlines())) <= 80


@pytest.mark.parametrize(("command", "name"), [(check, SHIPPED), (explain, "catomatic")], ids=["check", "explain"])
def test_an_override_that_matches_nothing_is_refused(
    monkeypatch: pytest.MonkeyPatch, command: click.Command, name: str
) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(CatguardError, match="matches no boundary"):
        CliRunner().invoke(command, [name, "--action", "catomatc.*=audit"], catch_exceptions=False)


@pytest.mark.parametrize(
    ("glob", "hint"),
    [
        ("catomatix.*", "did you mean 'catomatic'?"),
        ("catomatic.zzzzz*", "`catguard explain catomatic --all` names all"),
        ("zzzzz.*", "known: catomatic, frontend, store"),
    ],
)
def test_an_override_that_matches_nothing_says_where_to_look(glob: str, hint: str) -> None:
    done = CliRunner().invoke(explain, ["store", "--policies", SHIPPED, "--action", f"{glob}=audit"])
    assert f"matches no boundary ({hint})" in str(done.exception)
