"""One span for each enforcement point: started, made current, told what was decided, and ended once.

Nothing here raises into an exchange. Without an SDK spans are no-ops, and the trace id is still good for correlation:
a caller's that may be adopted is passed on, else one is drawn, so that the refusals of one root request are found
together.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from contextlib import AbstractContextManager
from contextvars import Token
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import Final, Literal

from opentelemetry import context as contexts
from opentelemetry import metrics, trace
from opentelemetry._logs import LoggerProvider, get_logger
from opentelemetry.context import Context
from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import Link, NonRecordingSpan, SpanKind, StatusCode, TracerProvider
from opentelemetry.util.types import AttributeValue

from catguard.engine.decision import CallRefused, Decision, Violation
from catguard.policies.model import Action
from catguard.telemetry import names
from catguard.telemetry.events import ConfigLoaded, Events, cut, violation_attributes
from catguard.telemetry.failsafe import Failsafe
from catguard.telemetry.metrics import Metrics
from catguard.telemetry.propagation import caller_of, drawn_ids, inject

Kind = Literal["inbound", "outbound", "database", "call"]

_SPAN_KINDS: Final[Mapping[Kind, SpanKind]] = {
    "inbound": SpanKind.SERVER,
    "outbound": SpanKind.CLIENT,
    "database": SpanKind.CLIENT,
    "call": SpanKind.INTERNAL,
}
_NO_LINKS: Final[tuple[Link, ...]] = ()


def known_method(method: str) -> str:
    """Return an HTTP method as telemetry may name it: as it is when it is known, else `_OTHER`."""
    return method if method in names.KNOWN_METHODS else names.OTHER_METHOD


class Telemetry:
    """The telemetry of one component.

    Args:
        component: whose spans these are.
        tracer_provider: of an SDK; None means the global one of the OpenTelemetry API, a no-op unless somebody set one.
        meter_provider: likewise.
        logger_provider: likewise.
        clock: seconds that never go back.
        random_bits: draws an integer of so many random bits, for trace ids where there is no SDK.
        exceptions: "logs", "logs/dup" or None: exceptions as log records, both, or as span events;
            None reads OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN.
    """

    def __init__(
        self,
        component: str,
        *,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        logger_provider: LoggerProvider | None = None,
        clock: Callable[[], float] = time.perf_counter,
        random_bits: Callable[[int], int] = secrets.randbits,
        exceptions: str | None = None,
    ) -> None:
        release = _release()
        self.component = component
        self.failsafe = Failsafe()
        self.clock = clock
        self.exceptions = exceptions or os.environ.get("OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", "")
        self._random_bits = random_bits
        self._tracer = trace.get_tracer(names.SCOPE, release, tracer_provider, names.SCHEMA_URL)
        meter = metrics.get_meter(names.SCOPE, release, meter_provider, names.SCHEMA_URL)
        self.metrics = Metrics(meter, component)
        self.events = Events(get_logger(names.SCOPE, release, logger_provider, names.SCHEMA_URL), component)

    def start(
        self,
        kind: Kind,
        boundary: str | None,
        *,
        name: str,
        attributes: Mapping[str, AttributeValue],
        headers: Mapping[str, str] | None = None,
        public: bool = False,
        revision: str,
    ) -> Observation:
        """Start the span of an enforcement point; it must be ended in all paths.

        Args:
            kind: what sort of enforcement point.
            boundary: its full name; None for a request that no boundary declares.
            name: of the span, with few values: "GET /v1/pictures/{id}".
            attributes: by the names of `catguard.telemetry.names`; None values are left out.
            headers: of an inbound request, lower-case; `traceparent` and `tracestate` are read. Other kinds have the
                current span as their parent.
            public: whether anybody may call: then the caller's span is linked and neither its trace id nor its sampled
                flag is adopted.
            revision: of the policy set.
        """
        facts: dict[str, AttributeValue] = {}
        span: trace.Span | None = None
        with self.failsafe("start a span"):
            facts = self._facts(boundary, attributes, revision)
            parent, links = (
                caller_of(headers or {}, public=public) if kind == "inbound" else (contexts.get_current(), ())
            )
            started = self._tracer.start_span(name, parent, _SPAN_KINDS[kind], facts, links)
            if started.get_span_context().is_valid:
                span = started
        if span is None:
            span = NonRecordingSpan(drawn_ids(self._random_bits))
        base = Context() if kind == "inbound" else None
        return Observation(self, kind, span, trace.set_span_in_context(span, base), facts)

    def undeclared(self, method: str, path: str, action: Action = "deny") -> None:
        """Count a request that no boundary declares; a few paths a minute are told as examples."""
        with self.failsafe("count an undeclared request"):
            context = contexts.get_current()
            self.metrics.undeclared(known_method(method), action, context)
            self.events.undeclared(known_method(method), path, action, context)

    def config_loaded(self, loaded: ConfigLoaded) -> None:
        """Tell that policies were read, and what became of them."""
        with self.failsafe("tell of policies"):
            self.events.config_loaded(loaded)

    def _facts(
        self, boundary: str | None, attributes: Mapping[str, AttributeValue], revision: str
    ) -> dict[str, AttributeValue]:
        facts: dict[str, AttributeValue] = {names.COMPONENT: self.component, names.REVISION: revision}
        if boundary is not None:
            facts[names.BOUNDARY_NAME] = boundary
            facts[names.BOUNDARY_SIDE] = boundary.split(".", 2)[1]
        for name, value in attributes.items():
            if value is not None:
                facts[name] = cut(value)
        method = facts.get(names.HTTP_REQUEST_METHOD)
        if isinstance(method, str) and method not in names.KNOWN_METHODS:
            facts[names.HTTP_REQUEST_METHOD] = names.OTHER_METHOD
            facts[names.HTTP_REQUEST_METHOD_ORIGINAL] = method
        return facts


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
        return _Active(self._telemetry.failsafe, self._context)

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
            self._error_type = _error_type(error)
            if isinstance(error, asyncio.CancelledError):
                return
            signals = self._telemetry.exceptions
            if signals != "logs":
                self._span.record_exception(error)
            if signals in ("logs", "logs/dup"):
                self._telemetry.events.exception(self._kind, error, self._context)

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
    """Makes a context the current one and resets it."""

    __slots__ = ("_context", "_failsafe", "_token")

    def __init__(self, failsafe: Failsafe, context: Context) -> None:
        self._failsafe = failsafe
        self._context = context
        self._token: Token[Context] | None = None

    def __enter__(self) -> None:
        with self._failsafe("make a span current"):
            self._token = contexts.attach(self._context)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._token is not None:
            with self._failsafe("reset the current span"):
                contexts.detach(self._token)


def _error_type(error: BaseException) -> str:
    module = type(error).__module__
    name = type(error).__qualname__
    return name if module == "builtins" else f"{module}.{name}"


def _release() -> str:
    try:
        return version("catguard")
    except PackageNotFoundError:
        return ""
