"""Two tables of pictures, who guards them, and the spans of what was done."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from catguard.enforcement.database import guard_engine
from catguard.engine.decision import CallRefused
from catguard.engine.snapshots import Engine
from catguard.policies.loader import compile_texts
from catguard.telemetry import Telemetry

POLICY = """
catguard: 1
system: cats
owners: {store: {team: Picture store, contact: "#store"}}
components:
  store:
    owner: store
    about: Keeps pictures.
    outbound:
      create: {to: external, sql: "CREATE pictures, images"}
      select-pictures:
        to: external
        sql: SELECT pictures
        request: {parameters: {properties: {breed: {enum: [tabby, calico], description: seeded}}}}
        response: {max_rows: {limit: 3, why: a page shows three}}
      every-picture: {to: external, sql: SELECT pictures}
      stream-pictures: {to: external, sql: SELECT pictures, response: {max_rows: 100, stream: true}}
      select-both: {to: external, sql: "SELECT pictures, images", response: {max_rows: 3}}
      insert-picture:
        to: external
        sql: INSERT pictures
        request:
          parameters: {required: [id], properties: {id: {type: string, maxLength: 4}}}
          assume: {few: {rule: request.rows <= 2000, why: an import is resumed by the thousand}}
        response: {max_rows: {limit: 1500, why: no import is larger}}
      delete-pictures: {to: external, sql: DELETE pictures, response: {max_rows: 1}}
      insert-image: {to: external, sql: INSERT images}
"""
COMPILED = compile_texts([("policies.yaml", POLICY)])
METADATA = sa.MetaData()
PICTURES = sa.Table(
    "pictures",
    METADATA,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("breed", sa.String),
    sa.Column("n", sa.Integer),
)
IMAGES = sa.Table("images", METADATA, sa.Column("picture", sa.String), sa.Column("width", sa.Integer))
SOME = sa.select(PICTURES).limit(3).execution_options(catguard="select-pictures")
EVERY = sa.select(PICTURES).execution_options(catguard="every-picture")
TWO = sa.text("select * from pictures; delete from images")
ROWS = [{"id": f"{number:04}", "breed": "tabby", "n": number} for number in range(5)]


class Started(SpanProcessor):
    """Counts the spans that were started."""

    count = 0

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        self.count += 1


class Guarded:
    """A guarded engine, its policy engine, and the spans of what it did."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self.exporter = InMemorySpanExporter()
        provider = TracerProvider()
        self.started = Started()
        provider.add_span_processor(self.started)
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.policy = Engine(COMPILED)
        guard_engine(
            engine, policy=self.policy, telemetry=Telemetry("store", tracer_provider=provider), component="store"
        )

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self.exporter.get_finished_spans()

    @property
    def span(self) -> dict[str, Any]:
        """The attributes of the last span."""
        return dict(self.spans[-1].attributes or {})


def violations(refused: pytest.ExceptionInfo[CallRefused]) -> list[str]:
    return [violation.assumption for violation in refused.value.violations]


def fill(address: str) -> None:
    engine = sa.create_engine(address)
    with engine.begin() as connection:
        METADATA.create_all(connection)
        connection.execute(sa.delete(PICTURES))
        connection.execute(sa.delete(IMAGES))
        connection.execute(sa.insert(PICTURES), ROWS)
    engine.dispose()
