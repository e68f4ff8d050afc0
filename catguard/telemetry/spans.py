"""Starts the observation of each exchange: one span for each enforcement point.

Nothing here raises into an exchange. Without an SDK spans are no-ops, and the trace id is still good for correlation:
a caller's that may be adopted is passed on, else one is drawn, so that the refusals of one root request are found
together.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from opentelemetry import context as contexts
from opentelemetry import metrics, trace
from opentelemetry._logs import LoggerProvider, get_logger
from opentelemetry.context import Context
from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import NonRecordingSpan, SpanKind, TracerProvider
from opentelemetry.util.types import AttributeValue

from catguard.engine.candidate import Difference
from catguard.policies.model import Action
from catguard.telemetry import names
from catguard.telemetry.events import ConfigLoaded, Events, cut
from catguard.telemetry.failsafe import Failsafe
from catguard.telemetry.metrics import Metrics
from catguard.telemetry.observation import Kind, Observation
from catguard.telemetry.propagation import caller_of, drawn_ids
from catguard.telemetry.unrecorded import Unrecorded, is_recorded

_SPAN_KINDS: Final[Mapping[Kind, SpanKind]] = {
    "inbound": SpanKind.SERVER,
    "outbound": SpanKind.CLIENT,
    "database": SpanKind.CLIENT,
    "call": SpanKind.INTERNAL,
}
#: Exchanges between two questions whether an SDK is there.
RECHECK: Final = 1_000


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
        random_bits: Callable[[int], int] = random.getrandbits,
        exceptions: str | None = None,
    ) -> None:
        release = _release()
        self.component = component
        self.failsafe = Failsafe()
        self.clock = clock
        self.exceptions = exceptions or os.environ.get("OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", "")
        self._random_bits = random_bits
        self._heard = any((tracer_provider, meter_provider, logger_provider))
        self._unheard = 0
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

    def unrecorded(self) -> Unrecorded | None:
        """Return the observation of an inbound exchange that continues no trace, if nobody records; else None.

        Whether anybody does is asked once for many exchanges: an SDK that is set up late is heard of a little later.
        """
        if self._unheard <= 0:
            self._heard = self._heard or is_recorded()
            if self._heard:
                return None
            self._unheard = RECHECK
        self._unheard -= 1
        return Unrecorded(self, self._random_bits)

    def undeclared(self, method: str, path: str, action: Action = "deny") -> None:
        """Count a request that no boundary declares; a few paths a minute are told as examples."""
        with self.failsafe("count an undeclared request"):
            context = contexts.get_current()
            self.metrics.undeclared(known_method(method), action, context)
            self.events.undeclared(known_method(method), path, action, context)

    def candidate_differs(self, difference: Difference) -> None:
        """Count a decision that the candidate policy would have taken otherwise."""
        with self.failsafe("count a candidate's difference"):
            self.metrics.candidate_differs(difference, contexts.get_current())

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


def _release() -> str:
    try:
        return version("catguard")
    except PackageNotFoundError:
        return ""
