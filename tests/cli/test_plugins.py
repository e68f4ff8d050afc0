import json
from pathlib import Path

from click.testing import CliRunner

from catguard.cli.main import cli
from catguard.cli.plugins import plugins
from tests.distributions import only_own_distributions

PLUGIN = """
import catguard

@catguard.hookimpl
def catguard_tier():
    return catguard.Tier("toys", app=lambda context: None)
"""


def test_plugins_lists_what_each_brings(tmp_path: Path) -> None:
    with only_own_distributions(tmp_path) as distributions:
        distributions.install("cat-toys", PLUGIN)
        result = CliRunner().invoke(plugins, [])
    assert result.exit_code == 0
    heading, row = result.output.splitlines()
    assert heading.split() == ["distribution", "version", "module", "tiers", "hooks"]
    assert row.split() == ["cat-toys", "1.2.3", "cat_toys", "toys", "tier"]


def test_plugins_json_is_for_programs(tmp_path: Path) -> None:
    with only_own_distributions(tmp_path) as distributions:
        distributions.install("cat-toys", PLUGIN)
        result = CliRunner().invoke(plugins, ["--json"])
    assert json.loads(result.output) == [
        {
            "distribution": "cat-toys",
            "version": "1.2.3",
            "module": "cat_toys",
            "hooks": ["catguard_tier"],
            "tiers": ["toys"],
        }
    ]


def test_plugins_without_any_says_how_to_get_some(tmp_path: Path) -> None:
    with only_own_distributions(tmp_path):
        result = CliRunner().invoke(plugins, [])
    assert result.exit_code == 0
    assert "pip install -r requirements.txt" in result.output


def test_plugins_with_a_broken_one_names_it_and_fails(tmp_path: Path) -> None:
    with only_own_distributions(tmp_path) as distributions:
        distributions.install("cat-toys", "import no_such_library")
        result = CliRunner().invoke(cli, ["plugins"])
    assert result.exit_code == 1
    assert "plugin cat-toys: cannot import cat_toys" in result.output


def test_plugins_is_a_command_with_examples_in_its_help() -> None:
    result = CliRunner().invoke(cli, ["plugins", "--help"])
    assert result.exit_code == 0
    assert "catguard plugins --json" in result.output
