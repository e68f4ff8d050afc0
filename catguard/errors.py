"""The errors that catguard raises, one base for all of them.

CatguardError
├── PolicyError          the policy is bad: raised at load, carries every fault
├── PluginError          a plugin is bad: names it
├── ConfigurationError   guard or host were asked for what cannot be: says what to do
├── EvaluationError      the evaluation of a rule itself broke
└── CallRefused          an enforcement point refused a call (engine/decision.py, beside the violations that it carries)

That an exchange is bad is no error but data: a `Violation` in a `Decision`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class FaultText(Protocol):
    """What `PolicyError` needs of a fault: a text with its place."""

    def __str__(self) -> str: ...


class CatguardError(Exception):
    """Base of every error of catguard."""


class PolicyError(CatguardError):
    """The policy files are bad; `faults` are all of them, in the order of the text."""

    def __init__(self, faults: Sequence[FaultText]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))

    def __reduce__(self) -> tuple[type[PolicyError], tuple[Sequence[FaultText]]]:
        return PolicyError, (self.faults,)


class PluginError(CatguardError):
    """A plugin cannot be used; `plugin` is its distribution or module."""

    def __init__(self, plugin: str, message: str) -> None:
        self.plugin = plugin
        super().__init__(f"plugin {plugin}: {message}")


class ConfigurationError(CatguardError):
    """Something was asked for that cannot be: an unknown boundary, a missing address, a library not installed."""


class EvaluationError(CatguardError):
    """A rule could not be evaluated on these facts."""
