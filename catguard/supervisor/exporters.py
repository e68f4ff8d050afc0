"""Sets up the OpenTelemetry SDK of a process as `--trace` says: to the console, to a collector, or into a file."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from opentelemetry._logs import LoggerProvider
from opentelemetry.metrics import MeterProvider
from opentelemetry.trace import TracerProvider

from catguard.errors import ConfigurationError

CONSOLE = "console"
OTLP = "otlp"
FILE_SUFFIX = ".jsonl"
#: Seconds for the last batch at shutdown, for all exporters together; a collector may be down. Tiers drain one after
#: the other, and the cat service's three, with the time that they need anyway, must fit into the 10 s of `--drain`.
SHUTDOWN = 2.0


@dataclass(frozen=True, slots=True)
class Providers:
    """The providers of one process, None where nothing is recorded; `catguard.telemetry.Telemetry` takes them."""

    tracer_provider: TracerProvider | None = None
    meter_provider: MeterProvider | None = None
    logger_provider: LoggerProvider | None = None
    closing: tuple[Callable[[], None], ...] = ()

    def shutdown(self, *, timeout: float = SHUTDOWN) -> None:
        """Flush and end; at most `timeout` seconds, and never with an exception."""
        from catguard.telemetry.failsafe import Failsafe  # brings the engine, which who serves need not have

        failsafe = Failsafe()

        def close_safely(close: Callable[[], None]) -> None:
            with failsafe("be flushed"):
                close()

        # Side by side: an exporter whose collector is down waits until its own timeout, and the others must not.
        threads = [threading.Thread(target=close_safely, args=(close,), daemon=True) for close in self.closing]
        deadline = time.monotonic() + timeout
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if any(thread.is_alive() for thread in threads):
            failsafe.tell(f"be flushed within {timeout:g} s", TimeoutError())


def configure(trace: str | None, *, service: str, instance: str | None = None) -> Providers:
    """Set up the SDK.

    Args:
        trace: "console" (one line a span on stderr), "otlp" (OTLP over HTTP, addressed by the standard OTEL_*
            environment variables), the path of a file that ends in ".jsonl" (OTLP JSON lines, appended; several
            processes may share it), or None for nothing.
        service: `service.name`, the tier.
        instance: `service.instance.id`; None draws one.

    Raises:
        ConfigurationError: When `trace` is none of these, or when the SDK or its exporter is not installed.
    """
    if trace is None:
        return Providers()
    if trace not in (CONSOLE, OTLP) and not trace.endswith(FILE_SUFFIX):
        raise ConfigurationError(f"--trace {trace}: give console, otlp, or a path that ends in {FILE_SUFFIX}")
    try:
        # Imported when it is asked for: 0.15 s that a worker without traces need not wait.
        from catguard.supervisor import sdk

        resource = sdk.resource_of(service, instance)
        if trace == CONSOLE:
            return Providers(*sdk.to_console(resource))
        if trace == OTLP:
            return Providers(*sdk.to_collector(resource))
        return Providers(*sdk.to_file(resource, Path(trace)))
    except ImportError as error:
        raise ConfigurationError(
            f"--trace {trace} needs the OpenTelemetry SDK and exporters ({error}): pip install 'catguard[host]'"
        ) from error
