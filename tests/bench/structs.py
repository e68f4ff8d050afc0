"""The body of the measurements as a struct of msgspec, with the constraints of its JSON Schema."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,31}$", max_length=32)]
Side = Annotated[int, Meta(ge=16, le=4096)]


class Order(Struct, forbid_unknown_fields=True):
    """The order of the bench policy."""

    breed: Name
    scene: Name
    count: Annotated[int, Meta(ge=1, le=12)]
    width: Side
    height: Side
    format: Literal["webp", "png", "jpeg"]
    seed: Annotated[int, Meta(ge=0, le=2147483647)]
