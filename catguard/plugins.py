"""Finds the installed plugins, loads them into a plugin manager, and says what each of them brings."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, PackageNotFoundError, distributions, version
from typing import TYPE_CHECKING, Any

import pluggy

from catguard import hookspecs
from catguard.errors import ConfigurationError, PluginError
from catguard.hookspecs import PROJECT, Tier

if TYPE_CHECKING:
    from click import Command

    from catguard.enforcement.problem import Render


@dataclass(frozen=True, slots=True)
class InstalledPlugin:
    """A plugin as it is installed and loaded.

    Attributes:
        distribution: that brings it, as pip names it.
        version: of the distribution.
        module: that implements the hooks.
        hooks: that it implements, by name.
        tiers: that it serves.
    """

    distribution: str
    version: str
    module: str
    hooks: tuple[str, ...]
    tiers: tuple[str, ...]


def plugin_manager(*, block: Collection[str] = ()) -> pluggy.PluginManager:
    """Return a plugin manager with every installed plugin that is not blocked.

    Args:
        block: names of tiers to leave out. A plugin whose entry point has such a name is not even imported.

    Raises:
        PluginError: a plugin does not import, implements a hook that there is not, or serves a tier that another
            plugin serves already; the error names the distributions.
        ConfigurationError: `block` has a name that nothing installed has.
    """
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    met: set[str] = set()
    for distribution, entry in _entry_points():
        met.add(entry.name)
        if entry.name not in block:
            _register(manager, distribution, entry)
    for plugin, tier in _served(manager):
        met.add(tier.name)
        if tier.name in block:
            manager.unregister(plugin)
    tiers(manager)
    for name in sorted(set(block) - met):
        close = difflib.get_close_matches(name, met, 1)
        hint = f"did you mean {close[0]}?" if close else f"installed are: {', '.join(sorted(met)) or 'none'}"
        raise ConfigurationError(f"cannot block the tier {name}: no installed plugin has that name ({hint})")
    return manager


def tiers(manager: pluggy.PluginManager) -> Mapping[str, Tier]:
    """Return the tiers of the loaded plugins by their names.

    Raises:
        PluginError: two plugins serve a tier of the same name, or a hook answers with something else than a tier.
    """
    found: dict[str, Tier] = {}
    servers: dict[str, str] = {}
    for plugin, tier in _served(manager):
        distribution = _distribution(manager, plugin)
        if tier.name in found:
            raise PluginError(
                distribution, f"serves the tier {tier.name}, as {servers[tier.name]} does; uninstall or block one"
            )
        found[tier.name], servers[tier.name] = tier, distribution
    return found


def refusal_page(manager: pluggy.PluginManager, component: str) -> Render | None:
    """Return the function that makes the pages of a component's refusals, if a plugin has one."""
    found: Render | None = manager.hook.catguard_refusal_page(component=component)
    return found


def commands(manager: pluggy.PluginManager, *, taken: Collection[str]) -> tuple[Command, ...]:
    """Return the click commands that plugins add.

    Args:
        manager: with the plugins.
        taken: names that the command line has already.

    Raises:
        PluginError: a command's name is taken, or two plugins add it.
    """
    found: dict[str, Command] = {}
    for plugin, answer in _answers(manager, "catguard_commands"):
        for command in answer:
            name = command.name or ""
            if name in taken or name in found:
                raise PluginError(
                    _distribution(manager, plugin), f"adds the command {name}, a name that is taken; block the plugin"
                )
            found[name] = command
    return tuple(found.values())


def installed_plugins(manager: pluggy.PluginManager) -> tuple[InstalledPlugin, ...]:
    """Return what is loaded, in the order of the distributions' names."""
    served = list(_served(manager))
    return tuple(
        InstalledPlugin(
            distribution=_distribution(manager, plugin),
            version=_version(_distribution(manager, plugin)),
            module=getattr(plugin, "__name__", type(plugin).__qualname__),
            hooks=tuple(sorted(caller.name for caller in manager.get_hookcallers(plugin) or ())),
            tiers=tuple(tier.name for server, tier in served if server is plugin),
        )
        for plugin in _plugins(manager)
    )


def _entry_points() -> Iterator[tuple[str, EntryPoint]]:
    """Yield distribution name and entry point of each plugin; a distribution that is found twice counts once."""
    found: dict[str, Distribution] = {}
    for distribution in distributions():
        found.setdefault(distribution.name.lower().replace("_", "-"), distribution)
    for name in sorted(found):
        for entry in found[name].entry_points.select(group=PROJECT):
            yield found[name].name, entry


def _register(manager: pluggy.PluginManager, distribution: str, entry: EntryPoint) -> None:
    """Load an entry point and register it as DISTRIBUTION:ENTRY."""
    try:
        plugin = entry.load()
    except Exception as error:  # a plugin's import may raise anything; whose it is must be told
        raise PluginError(
            distribution, f"cannot import {entry.value}: {type(error).__name__}: {error}; repair or uninstall it"
        ) from error
    try:
        manager.register(plugin, name=f"{distribution}:{entry.name}")
        manager.check_pending()
    except (pluggy.PluginValidationError, ValueError) as error:
        hooks = ", ".join(sorted(name for name in vars(hookspecs) if name.startswith("catguard_")))
        raise PluginError(distribution, f"{error} (the hooks are: {hooks})") from error


def _plugins(manager: pluggy.PluginManager) -> list[Any]:
    """Return the loaded plugins in the order of their names."""
    return [plugin for _, plugin in sorted(manager.list_name_plugin(), key=lambda pair: pair[0]) if plugin is not None]


def _served(manager: pluggy.PluginManager) -> Iterator[tuple[Any, Tier]]:
    """Yield each plugin that serves a tier, with the tier."""
    for plugin, tier in _answers(manager, "catguard_tier"):
        if not isinstance(tier, Tier):
            raise PluginError(
                _distribution(manager, plugin), f"catguard_tier() returned {type(tier).__qualname__}, not a Tier"
            )
        yield plugin, tier


def _answers(manager: pluggy.PluginManager, hook: str) -> Iterator[tuple[Any, Any]]:
    """Yield each plugin that answers a hook, with its answer, in the order of the plugins' names."""
    plugins = _plugins(manager)
    for plugin in plugins:
        others = [other for other in plugins if other is not plugin]
        try:
            answers = manager.subset_hook_caller(hook, others)()
        except Exception as error:  # a plugin may raise anything; whose it is must be told
            raise PluginError(
                _distribution(manager, plugin), f"{hook}() raised {type(error).__name__}: {error}"
            ) from error
        for answer in answers:
            yield plugin, answer


def _distribution(manager: pluggy.PluginManager, plugin: Any) -> str:
    return (manager.get_name(plugin) or "").partition(":")[0]


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""
