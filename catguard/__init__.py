"""Policy-driven validation at service boundaries: both ends of every call check, against one file.

guard = catguard.Guard.from_file("policies.yaml", component="catomatic")
app = guard.asgi(app)
"""

import importlib
from typing import TYPE_CHECKING, Any, Final

from catguard.enforcement.problem import RefusalPage, prefers_html, refusal
from catguard.engine.decision import CallRefused, Decision, Violation
from catguard.engine.exchange import Caller, Exchange, exchange
from catguard.errors import CatguardError, ConfigurationError, EvaluationError, PluginError, PolicyError
from catguard.facts.images import image_facts
from catguard.guard import Guard
from catguard.hookspecs import Tier, hookimpl

if TYPE_CHECKING:
    from catguard.cli.tier_command import tier_command
    from catguard.context import TierContext

__all__ = [
    "CallRefused",
    "Caller",
    "CatguardError",
    "ConfigurationError",
    "Decision",
    "EvaluationError",
    "Exchange",
    "Guard",
    "PluginError",
    "PolicyError",
    "RefusalPage",
    "Tier",
    "TierContext",
    "Violation",
    "exchange",
    "hookimpl",
    "image_facts",
    "prefers_html",
    "refusal",
    "tier_command",
]

#: What needs an extra, by the module that has it and the extra's name.
_WITH_EXTRA: Final = {
    "TierContext": ("catguard.context", "host"),
    "tier_command": ("catguard.cli.tier_command", "host"),
}


def __getattr__(name: str) -> Any:
    if name not in _WITH_EXTRA:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, extra = _WITH_EXTRA[name]
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        message = f"{name} needs {error.name}, which is not installed: pip install 'catguard[{extra}]'"
        raise ConfigurationError(message) from error
