"""What catguard tells OpenTelemetry: the names that enforcement points use of it."""

from opentelemetry.util.types import AttributeValue

from catguard.telemetry.events import ConfigLoaded, Trigger
from catguard.telemetry.observation import Kind, Observation
from catguard.telemetry.spans import Telemetry, known_method

__all__ = ["AttributeValue", "ConfigLoaded", "Kind", "Observation", "Telemetry", "Trigger", "known_method"]
