"""The body of the measurements as models of pydantic and msgspec, with the constraints of its JSON Schema."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$", max_length=32)]
Side = Annotated[int, Field(ge=16, le=4096)]


class Order(BaseModel):
    """The order of the bench policy."""

    model_config = ConfigDict(extra="forbid", strict=True)

    breed: Name
    scene: Name
    count: Annotated[int, Field(ge=1, le=12)]
    width: Side
    height: Side
    format: Literal["webp", "png", "jpeg"]
    seed: Annotated[int, Field(ge=0, le=2147483647)]


class RuledOrder(Order):
    """The same with one of the rules, in Python."""

    @model_validator(mode="after")
    def picture_area(self) -> RuledOrder:
        if self.width * self.height > 4_000_000:
            raise ValueError("memory")
        return self
