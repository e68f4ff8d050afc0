"""What telemetry sees of one exchange: a span that is made current, told what was decided, and ended once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, MutableMapping
from contextlib import AbstractContextManager
from contextvars import Token
from types import TracebackType
from typing import TYPE_CHECKING, Literal

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import StatusCode
from opentelemetry.util.types import AttributeValue

from catguard.engine.decision import CallRefused, Decision, Violation
from catguard.failures import type_name
from catguard.telemetry import names
from catguard.telemetry.events import cut, exception_attributes, violation_attributes
from catguard.telemetry.propagation import inject

if TYPE_CHECKING:
    from catguard.telemetry.spans import Telemetry

Kind = Literal["inbound", "outbound", "database", "call"]


class Observation:
    """What telemetry sees of one exchange at one enforcement point; made by `Telemetry.start`."""

    __slots__ = (
        "_attributes",
        "_context",
        "_decision",
        "_ended",
        "_error_type",
        "_kind",
        "_span",
        "_started",
        "_telemetry",
        "trace_id",
    )

    def __init__(
        self,
        telemetry: Telemetry,
        kind: Kind,
        span: trace.Span,
        context: Context,
        attributes: dict[str, AttributeValue],
    ) -> None:
        self._telemetry = telemetry
        self._kind: Kind = kind
        self._span = span
        self._context = context
        self._attributes = attributes
        self._decision: str | None = None
        self._error_type: str | None = None
        self._ended = False
        self._started = telemetry.clock()
        #: 32 hex digits, the same in every tier that the root request reaches.
        self.trace_id = trace.format_trace_id(span.get_span_context().trace_id)

    @property
    def traceresponse(self) -> str:
        """The value of the `traceresponse` header: which trace and span answered (W3C Trace Context, level 2)."""
        ids = self._span.get_span_context()
        return f"00-{self.trace_id}-{trace.format_span_id(ids.span_id)}-{ids.trace_flags:02x}"

    def active(self) -> AbstractContextManager[None]:
        """Return a context manager that makes the span the current one; calls made inside become its children."""
        return _Active(self)

    def enter(self) -> Token[Context] | None:
        """Make the span the current one; what is returned is to be given to `leave`, in a finally."""
        try:
            return contexts.attach(self._context)
        except Exception as error:  # noqa: BLE001 # telemetry never takes an exchange down
            self._telemetry.failsafe.tell("make a span current", error)
            return None

    def leave(self, token: Token[Context] | None) -> None:
        """Make the span the current one that was it before."""
        try:
            if token is not None:
                contexts.detach(token)
        except Exception as error:  # noqa: BLE001 # telemetry never takes an exchange down
            self._telemetry.failsafe.tell("reset the current span", error)

    def inject(self, headers: MutableMapping[str, str]) -> None:
        """Write `traceparent`, and `tracestate` if there is one, into the headers of an outgoing request."""
        with self._telemetry.failsafe("pass the trace on"):
            inject(headers, self._context)

    def set(self, name: str, value: AttributeValue) -> None:
        """Set an attribute of the span."""
        with self._telemetry.failsafe("set an attribute"):
            value = cut(value)
            self._attributes[name] = value
            self._span.set_attribute(name, value)

    def decided(self, decision: Decision, phase: str) -> None:
        """Tell what was decided of a phase; a later phase that is allowed does not undo a denial."""
        with self._telemetry.failsafe("record a decision"):
            if self._decision is None:
                self._span.set_attribute(names.POLICY_SET, decision.policy_set)
            outcome = "allow" if decision.allowed else "deny"
            if self._decision not in ("deny", outcome):
                self._decision = outcome
                self._span.set_attribute(names.DECISION, outcome)
                if not decision.allowed:
                    self._span.set_attribute(names.PHASE, phase)
            for violation in decision.violations:
                attributes = violation_attributes(violation)
                self._span.add_event(names.EVENT_VIOLATION, attributes)
                self._telemetry.metrics.violation(violation, self._context)
                self._telemetry.events.violation(violation, attributes, self._context)

    def violated(self, violations: Iterable[Violation]) -> None:
        """Tell the violations that a callee's guard found, on the caller's span; the callee counts and logs them."""
        with self._telemetry.failsafe("record the callee's violations"):
            for violation in violations:
                self._span.add_event(names.EVENT_VIOLATION, violation_attributes(violation))

    def failed(self, error: BaseException) -> None:
        """Tell the exception that ended the exchange; a refusal or a cancellation is no failure of the code."""
        with self._telemetry.failsafe("record an exception"):
            if isinstance(error, CallRefused):
                self._error_type = names.ERROR_REFUSED
                return
            self._error_type = type_name(error)
            if isinstance(error, asyncio.CancelledError):
                return
            signals = self._telemetry.exceptions
            attributes = exception_attributes(error)
            if signals != "logs":
                self._span.add_event(names.EVENT_EXCEPTION, attributes)
            if signals in ("logs", "logs/dup"):
                self._telemetry.events.exception(self._kind, attributes, self._context)

    def end(self, *, status: int | None = None, error_type: str | None = None) -> None:
        """End the span and record the duration; only the first call counts.

        Args:
            status: of the HTTP response, if there is one.
            error_type: what went wrong, of few values; the exception's, a refusal's or the status's if it is not given.
        """
        if self._ended:
            return
        self._ended = True
        with self._telemetry.failsafe("end a span"):
            seconds = self._telemetry.clock() - self._started
            if status is not None:
                self._attributes[names.HTTP_RESPONSE_STATUS_CODE] = status
                self._span.set_attribute(names.HTTP_RESPONSE_STATUS_CODE, status)
            error = self._error(status, error_type)
            if error is not None:
                self._attributes[names.ERROR_TYPE] = error
                self._span.set_attribute(names.ERROR_TYPE, error)
                self._span.set_status(StatusCode.ERROR)
            self._telemetry.metrics.duration(self._kind, seconds, self._attributes, self._context)
        with self._telemetry.failsafe("end a span"):
            self._span.end()

    def _error(self, status: int | None, error_type: str | None) -> str | None:
        """Return the value of `error.type`, or None for an exchange that is no error on this side.

        A 4xx is the caller's error: Error on its CLIENT span, unset on our SERVER span (semantic conventions for HTTP).
        """
        if self._kind == "inbound" and status is not None and 400 <= status < 500:
            return None
        if error_type or self._error_type:
            return error_type or self._error_type
        if self._decision == "deny":
            return names.ERROR_REFUSED
        return str(status) if status is not None and status >= 400 else None


class _Active:
    """Makes a span the current one and resets it."""

    __slots__ = ("_observation", "_token")

    def __init__(self, observation: Observation) -> None:
        self._observation = observation
        self._token: Token[Context] | None = None

    def __enter__(self) -> None:
        self._token = self._observation.enter()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._observation.leave(self._token)
