"""Policy-driven validation at service boundaries: both ends of every call check, against one file.

guard = catguard.Guard.from_file("policies.yaml", component="catomatic")
app = guard.asgi(app)
"""

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from catguard.cli.tier_command import tier_command
    from catguard.context import TierContext
    from catguard.enforcement.problem import RefusalPage, prefers_html, refusal
    from catguard.engine.decision import CallRefused, Decision, Violation
    from catguard.engine.exchange import Caller, Exchange, exchange
    from catguard.errors import CatguardError, ConfigurationError, EvaluationError, PluginError, PolicyError
    from catguard.facts.images import image_facts
    from catguard.guard import Guard
    from catguard.hookspecs import Tier, hookimpl

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

#: Where each name is from. It is imported when it is asked for: who needs a hook or an error alone, such as processes
#: that decode pictures, need not wait for the engine.
_MODULES: Final = {
    "CallRefused": "catguard.engine.decision",
    "Caller": "catguard.engine.exchange",
    "CatguardError": "catguard.errors",
    "ConfigurationError": "catguard.errors",
    "Decision": "catguard.engine.decision",
    "EvaluationError": "catguard.errors",
    "Exchange": "catguard.engine.exchange",
    "Guard": "catguard.guard",
    "PluginError": "catguard.errors",
    "PolicyError": "catguard.errors",
    "RefusalPage": "catguard.enforcement.problem",
    "Tier": "catguard.hookspecs",
    "TierContext": "catguard.context",
    "Violation": "catguard.engine.decision",
    "exchange": "catguard.engine.exchange",
    "hookimpl": "catguard.hookspecs",
    "image_facts": "catguard.facts.images",
    "prefers_html": "catguard.enforcement.problem",
    "refusal": "catguard.enforcement.problem",
    "tier_command": "catguard.cli.tier_command",
}
#: The extra that a name needs.
_EXTRAS: Final = {"TierContext": "host", "tier_command": "host"}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        found = globals()[name] = getattr(importlib.import_module(_MODULES[name]), name)
    except ModuleNotFoundError as error:
        if name not in _EXTRAS:
            raise
        message = f"{name} needs {error.name}, which is not installed: pip install 'catguard[{_EXTRAS[name]}]'"
        raise importlib.import_module("catguard.errors").ConfigurationError(message) from error
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
