import inspect
from pathlib import Path
from typing import Any

import click
import pluggy
import pytest

from catguard import hookspecs
from catguard.enforcement.problem import RefusalPage
from catguard.hookspecs import Tier, hookimpl
from catguard.plugins import commands, refusal_page, tiers

HOOKS = {name: function for name, function in vars(hookspecs).items() if name.startswith("catguard_")}


def manager_with(plugin: Any) -> pluggy.PluginManager:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(plugin, name="cat-toys:toys")
    manager.check_pending()
    return manager


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_is_documented(name: str) -> None:
    text = inspect.getdoc(HOOKS[name]) or ""
    assert "\n\nCalled " in text, "say when it is called"
    assert "\nReturns:\n" in text, "say what a return means"
    for argument in inspect.signature(HOOKS[name]).parameters:
        assert f"    {argument}: " in text


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_has_a_test(name: str) -> None:
    assert f"test_hook_{name.removeprefix('catguard_')}" in globals()


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_is_called_somewhere(name: str) -> None:
    package = Path(hookspecs.__file__).parent
    callers = [path for path in package.rglob("*.py") if path.name != "hookspecs.py" and name in path.read_text()]
    assert callers, f"nothing calls {name}"


def test_hook_tier() -> None:
    tier = Tier("toys", app=lambda context: None)  # type: ignore[arg-type,return-value] # never called here

    class Plugin:
        @hookimpl
        def catguard_tier(self) -> Tier:
            return tier

    assert tiers(manager_with(Plugin())) == {"toys": tier}


def test_hook_tier_without_a_tier() -> None:
    class Plugin:
        @hookimpl
        def catguard_tier(self) -> None:
            return None

    assert tiers(manager_with(Plugin())) == {}


def test_hook_refusal_page() -> None:
    class Plugin:
        @hookimpl
        def catguard_refusal_page(self, component: str) -> Any:
            return (lambda page: f"<h1>{page.status} {page.title}</h1>") if component == "toys" else None

    manager = manager_with(Plugin())
    page = refusal_page(manager, "toys")
    assert page is not None
    assert page(RefusalPage(422, "Unprocessable Content", (), "/toys")) == "<h1>422 Unprocessable Content</h1>"
    assert refusal_page(manager, "food") is None


def test_hook_commands() -> None:
    command = click.Command("purr")

    class Plugin:
        @hookimpl
        def catguard_commands(self) -> list[click.Command]:
            return [command]

    assert commands(manager_with(Plugin()), taken=()) == (command,)
