from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import catguard

pytestmark = pytest.mark.usefixtures("here")


@click.command()
@click.argument("name")
@catguard.tier_command("back")
async def stroke(context: catguard.TierContext, *, name: str) -> int | None:
    """Stroke a cat."""
    found = (context.component, str(context.data), dict(context.settings), context.boundary("inbound.hello").path)
    click.echo(f"{name} {found}")
    return 3 if name == "wild" else None


def test_tier_command_gets_the_context_of_its_tier(here: Path) -> None:
    done = CliRunner().invoke(stroke, ["tom"], env={"CATGUARD_BACK_COLOUR": "grey"})
    assert (done.exit_code, done.output) == (0, "tom ('back', 'var/back', {'colour': 'grey'}, '/hello')\n")
    assert (here / "var" / "back").is_dir()


def test_tier_command_ends_with_what_its_function_returns() -> None:
    assert CliRunner().invoke(stroke, ["wild"]).exit_code == 3


@pytest.mark.parametrize("given", ["options", "variables"])
def test_tier_command_finds_policies_and_data_where_up_does(here: Path, given: str) -> None:
    (here / "policies.yaml").rename(here / "other.yaml")
    if given == "options":
        done = CliRunner().invoke(stroke, ["tom", "--policies", "other.yaml", "--data", "kept"])
    else:
        variables = {"CATGUARD_UP_POLICIES": "other.yaml", "CATGUARD_UP_DATA": "kept"}
        done = CliRunner().invoke(stroke, ["tom"], env=variables)
    assert "'kept/back'" in done.output


def test_tier_command_with_bad_policies_says_what_is_wrong(here: Path) -> None:
    (here / "policies.yaml").write_text("catguard: 2\n")
    done = CliRunner().invoke(stroke, ["tom"])
    assert isinstance(done.exception, catguard.PolicyError)


def test_tier_command_of_an_unknown_tier_names_those_there_are() -> None:
    @click.command()
    @catguard.tier_command("bck")
    async def lost(context: catguard.TierContext) -> None:
        pytest.fail("it ran")

    done = CliRunner().invoke(lost)
    assert isinstance(done.exception, catguard.ConfigurationError)
    assert "no installed plugin serves the tier bck (did you mean 'back'?)" in str(done.exception)


def test_tier_command_has_the_options_of_up_in_its_help() -> None:
    told = CliRunner().invoke(stroke, ["--help"]).output
    assert all(option in told for option in ("--policies", "--data", "--action", "--trace", "CATGUARD_UP_DATA"))
