"""One finding of the linter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from catguard.policies.model import Location

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding; `rule` is the id of an entry of the catalogue, `boundary` where it was found, if it is at one."""

    rule: str
    level: Level
    location: Location
    message: str
    boundary: str = ""

    def as_data(self) -> dict[str, str | None]:
        """Return it as JSON can hold it."""
        return {
            "location": str(self.location),
            "rule": self.rule,
            "level": self.level,
            "message": self.message,
            "boundary": self.boundary or None,
        }

    def __str__(self) -> str:
        return f"{self.location}: {self.level} {self.rule}: {self.message}"
