from opentelemetry.util.types import AttributeValue

from catguard.telemetry.spans import Kind, Observation, Telemetry, known_method

__all__ = ["AttributeValue", "Kind", "Observation", "Telemetry", "known_method"]
