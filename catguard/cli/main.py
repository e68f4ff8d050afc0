"""The command line's root: which commands there are, and how an error looks to its user."""

from __future__ import annotations

import importlib
import sys
from importlib.metadata import version
from typing import Any

try:
    import click
    from rich.console import Console
    from rich.text import Text
except ModuleNotFoundError as missing:
    sys.exit(f"the command line needs {missing.name}, which is not installed: pip install 'catguard[host]'")

from catguard import plugins
from catguard.errors import CatguardError

# Imported only when one is asked for, so that a worker starts without what the analyses need.
COMMANDS = {
    "check": "catguard.cli.check:check",
    "explain": "catguard.cli.explain:explain",
    "fill": "catguard.cli.worker:fill",
    "lint": "catguard.cli.lint:lint",
    "plugins": "catguard.cli.plugins:plugins",
    "prepare": "catguard.cli.worker:prepare",
    "recheck": "catguard.cli.recheck:recheck",
    "up": "catguard.cli.up:up",
    "worker": "catguard.cli.worker:worker",
}


class LazyGroup(click.Group):
    """A group that imports a command when it is used, and turns errors of catguard into a message without a trace."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*COMMANDS, *self._of_plugins()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return self._of_plugins().get(cmd_name)
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def main(self, *args: Any, **extra: Any) -> Any:
        try:
            return super().main(*args, **extra)
        except CatguardError as error:
            text = Text.assemble(("error: ", "bold red"), str(error))
            Console(stderr=True, highlight=False).print(text, soft_wrap=True)
            sys.exit(1)

    def _of_plugins(self) -> dict[str, click.Command]:
        found = plugins.commands(plugins.plugin_manager(), taken=COMMANDS)
        return {command.name: command for command in found if command.name}


EXAMPLES = """
\b
Examples:
  catguard up                     start every installed tier
  catguard up --help              what can be said about that, with examples
  catguard check                  load policies.yaml, run its examples, lint it
  catguard lint --list            what the linter finds, and why
  catguard explain catomatic      what one component assumes, of whom, and why
"""

CONTEXT = {"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "CATGUARD", "max_content_width": 110}


@click.group(cls=LazyGroup, context_settings=CONTEXT, epilog=EXAMPLES)
@click.version_option(version("catguard"), message="catguard %(version)s")
def cli() -> None:
    """Policy-driven validation at service boundaries, and Cats as a Service to try it on."""


def main() -> None:
    """Run the command line."""
    cli(prog_name="catguard")
