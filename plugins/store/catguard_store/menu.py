"""The menu: which breeds and scenes there are pictures of, each with a mark that changes when its pictures do."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Integer, Row, Select, String, bindparam, case, cast, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from catguard_store.tables import pictures

LIMIT = 240
"""Breeds, and scenes, that a menu has at most: the first by name. Forms and sentences have no use for more."""

DIGITS = 8
"""Of an id, how many hexadecimal digits count towards the mark: sums of 32 bits fit into 64 for 2^32 pictures."""

LAYERS = ("back", "ground", "foreground")


@dataclass(frozen=True, slots=True)
class Entry:
    """A breed or a scene.

    Attributes:
        name: Of the breed or the scene.
        pictures: How many there are of it.
        layers: Those that a scene has, from far to near; of a breed none.
        art: 16 hexadecimal digits that follow from the set of its picture ids.
    """

    name: str
    pictures: int
    layers: tuple[str, ...]
    art: str


@dataclass(frozen=True, slots=True)
class Menu:
    """What there is, in the order of its names."""

    breeds: tuple[Entry, ...]
    scenes: tuple[Entry, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "cats": [{"breed": entry.name, "pictures": entry.pictures, "art": entry.art} for entry in self.breeds],
            "scenes": [{"scene": entry.name, "layers": list(entry.layers), "art": entry.art} for entry in self.scenes],
        }


async def read_menu(engine: AsyncEngine) -> Menu:
    """Ask the database: one statement for the breeds, which an index covers, and one for the scenes."""
    dialect = engine.dialect.name
    async with engine.connect() as connection:
        breeds = (await connection.execute(_statement("cat", dialect))).all()
        scenes = (await connection.execute(_statement("scene", dialect))).all()
    return Menu(tuple(_entry(row, "cat") for row in breeds), tuple(_entry(row, "scene") for row in scenes))


def _statement(kind: str, dialect: str) -> Select[Any]:
    own = pictures.c
    has = [func.max(case((own.layer == layer, 1), else_=0)).label(layer) for layer in LAYERS] if kind == "scene" else []
    return (
        select(
            own.breed.label("name"),
            func.count().label("number"),
            func.min(own.id).label("least"),
            func.max(own.id).label("greatest"),
            func.sum(_mark(dialect)).label("mark"),
            *has,
        )
        .where(own.kind == bindparam("kind", kind, String))
        .group_by(own.breed)
        .order_by(own.breed)
        .limit(bindparam("limit", LIMIT, Integer))
        .execution_options(catguard="count-pictures")
    )


def _mark(dialect: str) -> Any:
    """The first digits of an id as a number, in words that both databases have: neither reads hexadecimal alike."""
    position = func.strpos if dialect == "postgresql" else func.instr
    digits = [position("0123456789abcdef", func.substr(pictures.c.id, place, 1)) - 1 for place in range(1, DIGITS + 1)]
    values = [cast(digit, BigInteger) * 16 ** (DIGITS - place) for place, digit in enumerate(digits, start=1)]
    return sum(values[1:], start=values[0])


def _entry(row: Row[Any], kind: str) -> Entry:
    known = row._mapping
    layers: Sequence[str] = [layer for layer in LAYERS if known.get(layer)]
    # A sum alone would be the same for two pictures that trade their bits; number, ends and sum are not.
    text = f"{kind}/{row.name}/{row.number}/{row.least}/{row.greatest}/{int(row.mark)}/{','.join(layers)}"
    return Entry(row.name, row.number, tuple(layers), hashlib.sha256(text.encode()).hexdigest()[:16])
