"""The store on PostgreSQL: seeded by its own start, and answering the other tiers as it does on SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import sqlalchemy as sa

from catguard_store.tables import metadata, pictures
from tests import postgresql

from .running import PATIENCE, System, trace_of

#: What the store has to draw itself; drawing all of them is what takes long.
DRAWN = (pictures.c.breed == "tuxedo") & (pictures.c.pose == "sleeping")
TARGET = "/api/cats?breed=tuxedo&scene=rose-garden&count=4&width=240&height=180&format=png&seed=99"


@pytest.fixture(scope="module")
def database(seeded: Path) -> Iterator[str]:
    """A database in which most pictures are stored already, as if the first start had been interrupted."""
    with postgresql.server() as address:
        source, target = sa.create_engine(f"sqlite:///{seeded / 'store' / 'store.db'}"), sa.create_engine(address)
        with source.connect() as old, target.begin() as new:
            metadata.create_all(new)
            for table in metadata.sorted_tables:
                new.execute(sa.insert(table), [row._asdict() for row in old.execute(sa.select(table))])
            deleted = new.execute(sa.delete(pictures).where(DRAWN))
            assert deleted.rowcount == 1
        source.dispose()
        target.dispose()
        yield address


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, database: str) -> Iterator[System]:
    variables = {"CATGUARD_STORE_DATABASE": database}
    running = System(tmp_path_factory.mktemp("postgresql"), variables=variables)
    yield running
    assert running.stop() == 0
    assert "Traceback" not in running.log()


def test_start_goes_on_where_seeding_was_interrupted(served: System, database: str) -> None:
    assert "drawing pictures: 100 % (1 of 1)" in served.log()
    assert not list((served.data / "store").iterdir()), "nothing is kept in files"
    engine = sa.create_engine(database)
    with engine.connect() as connection:
        assert len(connection.execute(sa.select(pictures).where(DRAWN)).all()) == 1
        assert len(connection.execute(sa.select(pictures)).all()) == 24, "twelve cats, four scenes of three layers"
    engine.dispose()


def test_picture_is_the_same_as_from_sqlite(served: System, system: System) -> None:
    answers = [httpx2.get(running.addresses["frontend"] + TARGET, timeout=PATIENCE) for running in (served, system)]
    assert [answer.status_code for answer in answers] == [200, 200]
    ours, theirs = (answer.json() for answer in answers)
    assert ours == theirs
    picture = httpx2.get(served.addresses["frontend"] + ours["url"], timeout=PATIENCE)
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")


def test_statements_are_traced_and_decided(served: System) -> None:
    answer = httpx2.get(f"{served.addresses['frontend']}/api/cats?breed=tuxedo&scene=meadow&seed=5", timeout=PATIENCE)
    spans = served.spans_of(trace_of(answer))
    assert {span.tier for span in spans} == {"frontend", "catomatic", "store"}
    statements = [span for span in spans if "db.system.name" in span.attributes]
    assert {span.attributes["db.system.name"] for span in statements} == {"postgresql"}
    assert {span.attributes["catguard.boundary.name"] for span in statements} >= {"store.outbound.select-pictures"}
    assert {span.attributes["catguard.decision"] for span in statements} == {"allow"}
    assert all(span.attributes["db.response.returned_rows"] for span in statements)
