"""Log records of telemetry: violations with their attributes, exceptions, samples of undeclared requests."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from opentelemetry import context as contexts
from opentelemetry._logs import Logger, LogRecord, SeverityNumber
from opentelemetry.context import Context
from opentelemetry.util.types import AttributeValue

from catguard import failures
from catguard.engine.decision import Violation
from catguard.policies.keywords import counted
from catguard.policies.model import Action
from catguard.telemetry import names

#: What became of policies that were read: in force, refused, or not needed.
Result = Literal["applied", "rejected", "kept"]
#: Why they were read.
Trigger = Literal["start", "file", "signal", "call"]


@dataclass(frozen=True, slots=True)
class ConfigLoaded:
    """Policies that were read.

    Attributes:
        result: what became of them.
        trigger: why they were read.
        revision: of those that decide from now on.
        previous: of those that decided before; None at start.
        reason: why they were rejected, or kept.
        faults: how many the rejected ones have.
        candidate: whether they are a candidate's, which decides beside the others; `revision` is "" where none does.
    """

    result: Result
    trigger: Trigger
    revision: str
    previous: str | None = None
    reason: str | None = None
    faults: int = 0
    candidate: bool = False


#: Longest text in an attribute; what is longer was sent by somebody else.
MAX_TEXT = 1_024

#: What the conventions name an exception of, by the kind of the observation.
EXCEPTION_EVENTS: Mapping[str, tuple[str, SeverityNumber]] = {
    "inbound": (names.EVENT_SERVER_EXCEPTION, SeverityNumber.ERROR),
    "outbound": (names.EVENT_CLIENT_EXCEPTION, SeverityNumber.WARN),
    "database": (names.EVENT_DATABASE_EXCEPTION, SeverityNumber.WARN),
    "call": (names.EVENT_EXCEPTION, SeverityNumber.ERROR),
}

#: Samples of undeclared requests in each window; a scanner tries thousands of paths and all of them say the same.
UNDECLARED_SAMPLES = 5
#: Seconds.
UNDECLARED_WINDOW = 60.0


def cut(value: AttributeValue) -> AttributeValue:
    """Return an attribute's value with a text cut to its longest length."""
    return value[:MAX_TEXT] if isinstance(value, str) else value


def violation_attributes(violation: Violation) -> dict[str, AttributeValue]:
    """Return what is told of a violation: what broke and whose it is, never a value of the exchange."""
    attributes: dict[str, AttributeValue] = {
        names.ASSUMPTION: cut(violation.assumption),
        names.BOUNDARY_NAME: cut(violation.boundary),
        names.BOUNDARY_SIDE: violation.side,
        names.PHASE: violation.phase,
        names.WHERE: cut(violation.kept[0]),
        names.LIMIT: cut(violation.limit),
        names.OWNER: cut(violation.owner),
        names.POLICY: cut(violation.policy),
        names.ACTION: violation.action,
    }
    if violation.waiver is not None:
        attributes[names.WAIVED] = True
        attributes[names.WAIVER_OWNER] = str(violation.waiver.owner)
        attributes[names.WAIVER_EXPIRES] = violation.waiver.expires.isoformat()
    if violation.unevaluated:
        attributes[names.UNEVALUATED] = True
    return attributes


def exception_attributes(error: BaseException) -> dict[str, AttributeValue]:
    """Return what is told of an exception: its words only where `catguard.failures` lets them through."""
    attributes: dict[str, AttributeValue] = {
        names.EXCEPTION_TYPE: failures.type_name(error),
        names.EXCEPTION_STACKTRACE: failures.stack(error),
    }
    words = failures.message(error)
    if words is not None:
        attributes[names.EXCEPTION_MESSAGE] = words
    return attributes


def severity(violation: Violation) -> SeverityNumber:
    """Return how bad it is: the own side's broken promise is an error, a bad request of somebody else a warning."""
    if violation.action == "audit":
        return SeverityNumber.INFO
    if violation.action == "deny" and violation.side == "inbound" and violation.phase == "response":
        return SeverityNumber.ERROR
    return SeverityNumber.WARN


class Events:
    """Emits log records with an event name.

    Args:
        logger: of the OpenTelemetry API.
        component: whose events they are.
        clock: seconds that never go back.
    """

    def __init__(self, logger: Logger, component: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._logger = logger
        self._component = component
        self._clock = clock
        self._window_end = float("-inf")
        self._samples = 0
        self._undeclared = 0

    def violation(self, violation: Violation, attributes: Mapping[str, AttributeValue], context: Context) -> None:
        """Emit a violation in the context of the span that saw it."""
        became = f"waived {violation.waiver}" if violation.waiver is not None else violation.action
        limit, policy = cut(violation.limit), cut(violation.policy)
        self._emit(
            names.EVENT_VIOLATION,
            severity(violation),
            f"{cut(violation.boundary)}: the {violation.phase} breaks {cut(violation.assumption)} at "
            f"{cut(violation.kept[0])}: {limit} ({became}; {cut(violation.owner)}, {policy})",
            attributes,
            context,
        )

    def exception(self, kind: str, attributes: Mapping[str, AttributeValue], context: Context) -> None:
        """Emit an exception that ended an exchange, given its attributes."""
        name, level = EXCEPTION_EVENTS[kind]
        self._emit(name, level, str(attributes[names.EXCEPTION_TYPE]), attributes, context)

    def undeclared(self, method: str, path: str, action: Action, context: Context) -> None:
        """Emit a sample of the requests that no boundary declares: a few in each window, with the count so far."""
        now = self._clock()
        if now >= self._window_end:
            self._window_end = now + UNDECLARED_WINDOW
            self._samples = 0
        self._undeclared += 1
        if self._samples >= UNDECLARED_SAMPLES:
            return
        self._samples += 1
        count, self._undeclared = self._undeclared, 0
        self._emit(
            names.EVENT_UNDECLARED,
            SeverityNumber.INFO,
            f"{self._component}: {counted(count, 'request')} that no boundary declares, lately {method} ({action})",
            {
                names.COMPONENT: self._component,
                names.HTTP_REQUEST_METHOD: method,
                names.URL_PATH: cut(path),
                names.ACTION: action,
                names.UNDECLARED_COUNT: count,
            },
            context,
        )

    def config_loaded(self, loaded: ConfigLoaded) -> None:
        """Emit that policies were read, and what became of them."""
        attributes: dict[str, AttributeValue] = {
            names.COMPONENT: self._component,
            names.CONFIG_RESULT: loaded.result,
            names.CONFIG_TRIGGER: loaded.trigger,
            names.REVISION: loaded.revision,
        }
        if loaded.previous:  # a candidate that was broken from the start has none
            attributes[names.CONFIG_PREVIOUS] = loaded.previous
        if loaded.result == "rejected":
            attributes[names.CONFIG_FAULTS] = loaded.faults
        if loaded.candidate:
            attributes[names.CONFIG_CANDIDATE] = True
        told = f": {cut(loaded.reason)}" if loaded.reason else ""
        level = SeverityNumber.ERROR if loaded.result == "rejected" else SeverityNumber.INFO
        what = "the candidate is" if loaded.candidate else "policies"
        decides = f"revision {loaded.revision[:12]} decides" if loaded.revision else "none decides"
        body = f"{self._component}: {what} {loaded.result}, {decides}{told}"
        self._emit(names.EVENT_CONFIG, level, body, attributes, contexts.get_current())

    def _emit(
        self,
        name: str,
        level: SeverityNumber,
        body: str,
        attributes: Mapping[str, AttributeValue],
        context: Context,
    ) -> None:
        if not self._logger.enabled(severity_number=level, event_name=name):
            return
        self._logger.emit(
            LogRecord(
                timestamp=time.time_ns(),
                context=context,
                severity_number=level,
                severity_text=level.name,
                body=body,
                attributes=attributes,
                event_name=name,
            )
        )
