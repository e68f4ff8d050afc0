"""Policy-driven validation at service boundaries: both ends of every call check, against one file.

guard = catguard.Guard.from_file("policies.yaml", component="catomatic")
app = guard.asgi(app)
"""

from typing import TYPE_CHECKING, Any

from catguard.enforcement.problem import RefusalPage, refusal
from catguard.engine.decision import CallRefused, Decision, Violation
from catguard.engine.exchange import Caller, Exchange, exchange
from catguard.errors import CatguardError, ConfigurationError, EvaluationError, PluginError, PolicyError
from catguard.guard import Guard
from catguard.hookspecs import Tier, hookimpl

if TYPE_CHECKING:
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
    "refusal",
]


def __getattr__(name: str) -> Any:
    # Only tiers need it, and it needs the extra `host`.
    if name == "TierContext":
        try:
            from catguard.context import TierContext
        except ModuleNotFoundError as error:
            message = f"tiers need {error.name}, which is not installed: pip install 'catguard[host]'"
            raise ConfigurationError(message) from error
        return TierContext
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
