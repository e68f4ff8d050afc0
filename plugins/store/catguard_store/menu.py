"""The menu: which breeds and scenes there are pictures of, each with a mark that changes when its pictures do."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, Row, Select, String, bindparam, case, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncEngine

from catguard_store.art.breeds import BREEDS
from catguard_store.art.scene import SCENES
from catguard_store.records import LAYERS
from catguard_store.tables import pictures

LIMIT = 1000
"""Breeds, and scenes, that a menu has at most: those that are drawn here, then those with the most pictures."""

OWN_NAMES: Mapping[str, tuple[str, ...]] = {"cat": tuple(BREEDS), "scene": tuple(SCENES)}


@dataclass(frozen=True, slots=True)
class Entry:
    """A breed or a scene.

    Attributes:
        name: Of the breed or the scene.
        pictures: How many there are of it.
        layers: Those that a scene has, from far to near; of a breed none.
        art: 16 hexadecimal digits that follow from all of its pictures, and from all that is known of each.
    """

    name: str
    pictures: int
    layers: tuple[str, ...]
    art: str


@dataclass(frozen=True, slots=True)
class Menu:
    """What there is: what is drawn here first, then what there are the most pictures of.

    Attributes:
        breeds: At most `LIMIT`.
        scenes: Likewise.
        breeds_over: How many more breeds there are.
        scenes_over: How many more scenes there are.
    """

    breeds: tuple[Entry, ...]
    scenes: tuple[Entry, ...]
    breeds_over: int = 0
    scenes_over: int = 0

    def offers(self, kind: str, name: str) -> bool:
        """Whether a breed (kind `cat`) or a scene (kind `scene`) can be ordered."""
        return any(entry.name == name for entry in (self.scenes if kind == "scene" else self.breeds))

    @property
    def warning(self) -> str | None:
        """What to tell people of that which is stored and not offered."""
        if not self.breeds_over and not self.scenes_over:
            return None
        return (
            f"not offered are {self.breeds_over} breeds and {self.scenes_over} scenes, those with the fewest pictures: "
            f"a menu has {LIMIT} of each; give some of them one name, or take them out by `catguard cats remove`"
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "cats": [{"breed": entry.name, "pictures": entry.pictures, "art": entry.art} for entry in self.breeds],
            "scenes": [{"scene": entry.name, "layers": list(entry.layers), "art": entry.art} for entry in self.scenes],
        }


async def read_menu(engine: AsyncEngine) -> Menu:
    """Ask the database: one statement for the breeds, which an index covers, and one for the scenes."""
    async with engine.connect() as connection:
        breeds = (await connection.execute(_statement("cat"))).all()
        scenes = (await connection.execute(_statement("scene"))).all()
    return Menu(
        tuple(_entry(row, "cat") for row in breeds),
        tuple(_entry(row, "scene") for row in scenes),
        breeds_over=_over(breeds),
        scenes_over=_over(scenes),
    )


def _statement(kind: str) -> Select[Any]:
    own = pictures.c
    drawn = own.breed.in_([literal_column(f"'{name}'") for name in OWN_NAMES[kind]])
    has = [func.max(case((own.layer == layer, 1), else_=0)).label(layer) for layer in LAYERS] if kind == "scene" else []
    return (
        select(
            own.breed.label("name"),
            func.count().label("number"),
            func.min(own.id).label("least"),
            func.max(own.id).label("greatest"),
            func.sum(func.coalesce(own.mark, 0)).label("mark"),
            func.count().over().label("names"),  # of all groups, before the limit
            *has,
        )
        .where(own.kind == bindparam("kind", kind, String))
        .group_by(own.breed)
        .order_by(case((drawn, 0), else_=1), func.count().desc(), own.breed)
        .limit(bindparam("limit", LIMIT, Integer))
        .execution_options(catguard="count-pictures")
    )


def _over(rows: Sequence[Row[Any]]) -> int:
    return rows[0].names - len(rows) if rows else 0


def _entry(row: Row[Any], kind: str) -> Entry:
    known = row._mapping
    layers: Sequence[str] = [layer for layer in LAYERS if known.get(layer)]
    # Rows of an older version add nothing to the sum: with number and ends it still changes when one of them goes.
    text = f"{kind}/{row.name}/{row.number}/{row.least}/{row.greatest}/{int(row.mark)}/{','.join(layers)}"
    return Entry(row.name, row.number, tuple(layers), hashlib.sha256(text.encode()).hexdigest()[:16])
