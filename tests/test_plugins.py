from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from catguard.errors import ConfigurationError, PluginError
from catguard.hookspecs import hookimpl
from catguard.plugins import commands, installed_plugins, plugin_manager, refusal_page, tiers
from tests.distributions import only_own_distributions

Install = Callable[..., None]
TIER = """
import catguard.hookspecs as hooks

@hooks.hookimpl
def catguard_tier():
    return hooks.Tier("{tier}", app=lambda context: None)
"""


@pytest.fixture
def install(tmp_path: Path) -> Iterator[Install]:
    with only_own_distributions(tmp_path) as distributions:
        yield distributions.install


def test_plugin_from_a_foreign_distribution_is_loaded(install: Install) -> None:
    install("cat-toys", TIER.format(tier="toys"))
    manager = plugin_manager()
    (plugin,) = installed_plugins(manager)
    assert (plugin.distribution, plugin.version, plugin.module) == ("cat-toys", "1.2.3", "cat_toys")
    assert plugin.hooks == ("catguard_tier",)
    assert plugin.tiers == ("toys",)
    assert set(tiers(manager)) == {"toys"}


def test_plugins_are_none_when_none_is_installed(install: Install) -> None:
    assert installed_plugins(plugin_manager()) == ()


def test_plugin_that_does_not_import_is_named(install: Install) -> None:
    install("cat-toys", "import no_such_library")
    with pytest.raises(PluginError, match=r"plugin cat-toys: cannot import cat_toys: .*no_such_library") as caught:
        plugin_manager()
    assert caught.value.plugin == "cat-toys"


def test_misspelt_hook_is_named_with_the_hooks_that_there_are(install: Install) -> None:
    install("cat-toys", TIER.format(tier="toys").replace("catguard_tier", "catguard_teir"))
    with pytest.raises(PluginError, match=r"plugin cat-toys: unknown hook 'catguard_teir'.*catguard_tier"):
        plugin_manager()


def test_hook_with_an_unknown_argument_is_named(install: Install) -> None:
    install("cat-toys", TIER.format(tier="toys").replace("_tier()", "_tier(nosuch)"))
    with pytest.raises(PluginError, match=r"(?s)plugin cat-toys: .*nosuch"):
        plugin_manager()


def test_two_plugins_with_one_tier_are_both_named(install: Install) -> None:
    install("cat-toys", TIER.format(tier="toys"))
    install("dog-toys", TIER.format(tier="toys"))
    with pytest.raises(PluginError, match="plugin dog-toys: serves the tier toys, as cat-toys does"):
        plugin_manager()


def test_blocked_plugin_is_not_even_imported(install: Install) -> None:
    install("cat-toys", "raise RuntimeError('imported')", entry="toys")
    install("cat-food", TIER.format(tier="food"))
    assert set(tiers(plugin_manager(block={"toys"}))) == {"food"}


def test_blocked_tier_is_left_out_whatever_its_entry_point_is_called(install: Install) -> None:
    install("cat-toys", TIER.format(tier="toys"))
    assert installed_plugins(plugin_manager(block={"toys"})) == ()


def test_blocking_one_of_two_plugins_with_one_tier_is_the_way_out(install: Install) -> None:
    install("cat-toys", TIER.format(tier="toys"))
    install("dog-toys", TIER.format(tier="toys"))
    assert [plugin.distribution for plugin in installed_plugins(plugin_manager(block={"dog_toys"}))] == ["cat-toys"]


def test_blocking_what_is_not_installed_is_an_error_with_a_suggestion(install: Install) -> None:
    install("cat-toys", TIER.format(tier="toys"))
    with pytest.raises(ConfigurationError, match="did you mean toys"):
        plugin_manager(block={"toyz"})


def test_tier_hook_that_answers_with_something_else_is_named(install: Install) -> None:
    install("cat-toys", TIER.format(tier="toys").replace('hooks.Tier("toys", app=lambda context: None)', "7"))
    with pytest.raises(PluginError, match=r"plugin cat-toys: catguard_tier\(\) returned int"):
        plugin_manager()


def test_tier_hook_that_raises_is_named(install: Install) -> None:
    install("cat-toys", TIER.format(tier="toys").replace("return", "raise ValueError;"))
    with pytest.raises(PluginError, match=r"plugin cat-toys: catguard_tier\(\) raised ValueError"):
        plugin_manager()


def test_managers_share_nothing(install: Install) -> None:
    class Extra:
        @hookimpl
        def catguard_refusal_page(self, component: str) -> Callable[..., str] | None:
            return (lambda page: "<h1>no</h1>") if component == "toys" else None

    first, second = plugin_manager(), plugin_manager()
    first.register(Extra())
    assert refusal_page(first, "toys") is not None
    assert refusal_page(first, "food") is None
    assert refusal_page(second, "toys") is None


def test_shipped_tiers_are_found_by_their_entry_points() -> None:
    assert {"catguard-store", "catguard-catomatic", "catguard-frontend"} <= {
        plugin.distribution for plugin in installed_plugins(plugin_manager())
    }


def test_command_whose_name_is_taken_is_named(install: Install) -> None:
    install(
        "cat-toys",
        """
import click
import catguard.hookspecs as hooks

@hooks.hookimpl
def catguard_commands():
    return [click.Command("up")]
""",
    )
    manager = plugin_manager()
    assert [command.name for command in commands(manager, taken={"check"})] == ["up"]
    with pytest.raises(PluginError, match="plugin cat-toys: adds the command up"):
        commands(manager, taken={"up"})
