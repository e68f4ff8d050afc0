"""The options that several commands share, and how their values are read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

import click
from rich.console import Console

from catguard.errors import ConfigurationError
from catguard.policies.actions import parse_action
from catguard.policies.diagnostics import did_you_mean
from catguard.policies.model import Action
from catguard.policies.quantities import parse_duration, parse_quantity
from catguard.supervisor.exporters import CONSOLE, FILE_SUFFIX, OTLP

T = TypeVar("T")
Decorated = TypeVar("Decorated", bound=Callable[..., Any])

POLICIES = Path("policies.yaml")
DATA = Path("var")
#: Columns of what is piped into a file or a pager.
PAGE = 120


def output() -> Console:
    """Return the console of standard output: as wide as the terminal, or as a page where the output is piped."""
    console = Console(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console = Console(highlight=False, width=PAGE)
    return console


class TierValue(click.ParamType[tuple[str, T]], Generic[T]):
    """TIER=VALUE, read as a pair of the tier's name and the value.

    Args:
        form: What stands for the value in help, e.g. ``SIZE``.
        read: Reads the value; raises ValueError with a text that says what is accepted.
    """

    name = "tier_value"

    def __init__(self, form: str, read: Callable[[str], T]) -> None:
        self.form = form
        self.read = read

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return f"TIER={self.form}"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, T]:
        if not isinstance(value, str):
            converted: tuple[str, T] = value
            return converted
        tier, equals, text = value.partition("=")
        if not tier or not equals or not text:
            self.fail(f"{value!r} is not written TIER={self.form}", param, ctx)
        try:
            return tier, self.read(text)
        except ValueError as error:
            self.fail(f"{tier}: {error}", param, ctx)


class Duration(click.ParamType[float]):
    """A duration such as 10s, in seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, int | float):
            return float(value)
        try:
            return parse_duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class ActionOverride(click.ParamType[tuple[str, Action]]):
    """GLOB=deny|warn|audit, as a pair."""

    name = "action"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return "GLOB=deny|warn|audit"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Action]:
        if not isinstance(value, str):
            converted: tuple[str, Action] = value
            return converted
        try:
            return parse_action(value)
        except ConfigurationError as error:
            self.fail(str(error), param, ctx)


def read_address(text: str) -> tuple[str, int]:
    """Read HOST:PORT; an IPv6 address stands in brackets.

    Raises:
        ValueError: It is not written so.
    """
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError(f"{text!r}: an IPv6 address stands in brackets, e.g. [::1]:8000")
    if not colon or not host or not (port.isascii() and port.isdecimal()) or int(port) > 65535:
        raise ValueError(f"{text!r} is not HOST:PORT with a port from 0 to 65535, e.g. 127.0.0.1:8000")
    return host, int(port)


def read_url(text: str) -> str:
    """Read the base address of a tier.

    Raises:
        ValueError: It is not an http or https address.
    """
    scheme, _, rest = text.partition("://")
    if scheme not in ("http", "https") or not rest:
        raise ValueError(f"{text!r} is not an address like http://10.0.0.7:8001")
    return text.rstrip("/")


def read_memory(text: str) -> int:
    """Read a memory limit in bytes.

    Raises:
        ValueError: It is no quantity, or less than an empty Python process needs.
    """
    size = parse_quantity(text)
    if size < 2**24:
        raise ValueError(f"{text} is less than a Python process needs to start, 16Mi")
    return size


def policies_option(function: Decorated) -> Decorated:
    """`--policies FILE`, repeatable."""
    return click.option(
        "--policies",
        type=click.Path(path_type=Path),
        multiple=True,
        default=[POLICIES],
        show_default=True,
        envvar="CATGUARD_UP_POLICIES",
        show_envvar=True,
        help="The policy file; repeated, later files overlay earlier ones (in the environment separated by ':').",
    )(function)


def action_option(function: Decorated) -> Decorated:
    """`--action GLOB=ACTION`, repeatable."""
    return click.option(
        "--action",
        "actions",
        type=ActionOverride(),
        multiple=True,
        envvar="CATGUARD_UP_ACTION",
        show_envvar=True,
        help="What violations at these boundaries do, whatever the policy says. Repeatable; the last match wins.",
    )(function)


def data_option(function: Decorated) -> Decorated:
    """`--data DIR`."""
    return click.option(
        "--data",
        type=click.Path(file_okay=False, path_type=Path),
        default=DATA,
        show_default=True,
        envvar="CATGUARD_UP_DATA",
        show_envvar=True,
        help="Where the tiers keep what they keep.",
    )(function)


def address_option(function: Decorated) -> Decorated:
    """`--address TIER=URL`, repeatable."""
    return click.option(
        "--address",
        "addresses",
        type=TierValue("URL", read_url),
        multiple=True,
        envvar="CATGUARD_UP_ADDRESS",
        show_envvar=True,
        help="Where a tier answers that runs elsewhere; it is then not started here. Repeatable.",
    )(function)


def read_trace(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """Say of a trace's destination what is wrong before anything starts.

    Raises:
        click.BadParameter: It is none of the three, or a file in a folder that is not there.
    """
    if value is None or value in (CONSOLE, OTLP):
        return value
    if not value.endswith(FILE_SUFFIX):
        raise click.BadParameter(f"{value!r}: give console, otlp, or a path that ends in {FILE_SUFFIX}")
    folder = Path(value).parent
    if not folder.is_dir():
        raise click.BadParameter(f"{value!r}: there is no folder {folder}; make it first")
    return value


def trace_option(function: Decorated) -> Decorated:
    """`--trace WHERE`."""
    return click.option(
        "--trace",
        metavar="console|otlp|PATH.jsonl",
        callback=read_trace,
        envvar="CATGUARD_UP_TRACE",
        show_envvar=True,
        help="Where spans and events go: to the terminal, to a collector (OTEL_* variables), or into a file.",
    )(function)


def pairs(option: str, values: Sequence[tuple[str, T]]) -> dict[str, T]:
    """Make a mapping by tier of a repeatable option.

    Raises:
        click.BadParameter: A tier is given twice.
    """
    found: dict[str, T] = {}
    for tier, value in values:
        if tier in found:
            raise click.BadParameter(f"{tier} is given twice", param_hint=option)
        found[tier] = value
    return found


def check_known(option: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Say which tier there is not.

    Raises:
        click.BadParameter: A name is not among those that are known.
    """
    for name in given:
        if name not in known:
            hint = did_you_mean(name, known) or f"the tiers are: {', '.join(known)}"
            raise click.BadParameter(f"there is no tier {name} here; {hint}", param_hint=option)
