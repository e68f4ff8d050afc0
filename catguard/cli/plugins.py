"""`catguard plugins`: what is installed, and what each plugin brings."""

from __future__ import annotations

import json
from dataclasses import asdict

import click
from rich.table import Table
from rich.text import Text

from catguard.cli import options
from catguard.plugins import InstalledPlugin, installed_plugins, plugin_manager

EXAMPLES = """
\b
Examples:
  catguard plugins
  catguard plugins --json | jq '.[].tiers'
"""


@click.command(epilog=EXAMPLES)
@click.option("--json", "as_json", is_flag=True, help="An array with an object for each plugin, for programs.")
def plugins(as_json: bool) -> None:
    """List the installed plugins: distribution, version, module, hooks and tiers.

    A plugin is a distribution with an entry point in the group "catguard". One that cannot be used is an error that
    names it.
    """
    found = installed_plugins(plugin_manager())
    if as_json:
        click.echo(json.dumps([asdict(plugin) for plugin in found], indent=2))
    elif found:
        options.output().print(_table(found))
    else:
        click.echo("no plugins are installed; the cat service has three: pip install -r requirements.txt")


def _table(found: tuple[InstalledPlugin, ...]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("distribution", "version", "module", "tiers", "hooks"):
        table.add_column(heading, header_style="bold", overflow="fold")
    for plugin in found:
        hooks = ", ".join(name.removeprefix("catguard_") for name in plugin.hooks)
        cells = (plugin.distribution, plugin.version, plugin.module, ", ".join(plugin.tiers), hooks)
        table.add_row(*(Text(cell) for cell in cells))
    return table
