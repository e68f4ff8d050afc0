"""Policy-driven validation at service boundaries: both ends of every call check, against one file.

guard = catguard.Guard.from_file("policies.yaml", component="catomatic")
app = guard.asgi(app)
"""

from catguard.enforcement.problem import RefusalPage, refusal
from catguard.engine.decision import CallRefused, Decision, Violation
from catguard.engine.exchange import Caller, Exchange, exchange
from catguard.errors import CatguardError, ConfigurationError, EvaluationError, PluginError, PolicyError
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
    "Violation",
    "exchange",
    "hookimpl",
    "refusal",
]
