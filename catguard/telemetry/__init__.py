from opentelemetry.util.types import AttributeValue

from catguard.telemetry.observation import Kind, Observation
from catguard.telemetry.spans import Telemetry, known_method

__all__ = ["AttributeValue", "Kind", "Observation", "Telemetry", "known_method"]
