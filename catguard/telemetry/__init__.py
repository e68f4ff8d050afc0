from catguard.telemetry.spans import Kind, Observation, Telemetry, known_method

__all__ = ["Kind", "Observation", "Telemetry", "known_method"]
