"""A frontend with a guarded way to a catomatic that a test writes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from catguard.enforcement.outbound import GuardedTransport
from catguard.engine.decision import CallRefused
from catguard.engine.snapshots import Engine
from catguard.policies.compiler import CompiledPolicySet
from catguard.telemetry import Telemetry, names

POLICY = """
catguard: 1
system: cats
owners:
  frontend: {team: Cats as a Service, contact: "#caas"}
  catomatic: {team: Cat-o-matic, contact: "#catomatic"}
shapes:
  Order:
    type: object
    additionalProperties: false
    required: [width]
    properties:
      width: {type: integer, minimum: 1, maximum: 1000000, description: whole pixels}
      note: {type: string, maxLength: 100, description: for people}
components:
  frontend:
    owner: frontend
    about: Shows cats.
    outbound:
      render:
        to: catomatic.render
        about: A picture.
        request:
          max_bytes: {limit: 1Ki, why: an order is small}
          headers: {properties: {if-none-match: {type: string, maxLength: 10, description: a validator}}}
          body: {$ref: "#/shapes/Order"}
          assume:
            area: {rule: request.body.width <= 2000, why: zoom divides by 1 - scale}
            even: {rule: request.body.width % 2 == 0, why: odd widths blur, action: warn}
        response:
          200:
            media: {limit: [application/json], why: programs read it}
            max_bytes: {limit: 1Ki, why: an answer is small}
            headers: {properties: {x-cats: {type: integer, minimum: 0, maximum: 60, description: counted}}}
            body:
              type: object
              additionalProperties: false
              required: [width]
              properties: {width: {type: integer, minimum: 1, description: a picture has pixels}}
            assume:
              as-ordered: {rule: response.body.width == request.body.width, why: it is laid out already}
              modest: {rule: response.body.width <= 1000, why: phones, action: audit}
          204: {}
          404: {}
      picture:
        to: catomatic.picture
        about: A picture as it is.
        request:
          params: {properties: {id: {type: string, pattern: "^[0-9a-f]{4}$", maxLength: 4, description: an id}}}
          query: {properties: {width: {type: integer, minimum: 1, maximum: 100, description: small}}}
        response:
          200:
            media: {limit: [image/png], why: browsers show it}
            max_bytes: {limit: 64Ki, why: pages are small}
            assume: {narrow: {rule: response.image.width <= 8, why: it is a thumbnail}}
          404: {}
      latest:
        to: catomatic.latest
        about: The newest picture's id.
        response: {204: {}}
      feed:
        to: catomatic.feed
        about: Frames as they come.
        response:
          200: {media: {limit: [text/plain], why: frames}, max_bytes: {limit: 100, why: a short film}, stream: true}
      weather:
        to: external
        http: POST /v1/weather
        about: Somebody else's service.
        request: {body: raw, max_bytes: {limit: 1Ki, why: a question}}
        response:
          200: {media: {limit: [text/plain], why: a word}, max_bytes: {limit: 1Ki, why: a word}}
          422: {}
  catomatic:
    owner: catomatic
    about: Composes.
    inbound:
      render:
        http: POST /v1/render
        from: [frontend]
        about: Renders.
        request:
          body: {$ref: "#/shapes/Order"}
          assume: {picture-area: {rule: request.body.width <= 1000, why: memory grows with it}}
        response:
          200: {media: {limit: [application/json], why: programs}, body: {type: object, description: whatever}}
          204: {}
          404: {}
      picture:
        http: GET /v1/pictures/{id}
        from: [frontend]
        about: A picture.
        request:
          params: {properties: {id: {type: string, pattern: "^[0-9a-f]{4}$", maxLength: 4, description: an id}}}
          query: {properties: {width: {type: integer, minimum: 1, maximum: 100, description: small}}}
        response: {200: {media: {limit: [image/png], why: browsers}}, 404: {}}
      latest: {http: GET /v1/pictures/latest, from: [frontend], about: Newest., response: {204: {}}}
      feed:
        http: GET /v1/feed
        from: [frontend]
        about: Frames.
        response: {200: {media: {limit: [text/plain], why: frames}, stream: true}}
"""
BASE = "http://catomatic.test:8001"
Handler = Callable[[httpx2.Request], httpx2.Response | Awaitable[httpx2.Response]]


def answer(width: int = 4, **options: Any) -> httpx2.Response:
    return httpx2.Response(200, json={"width": width}, **options)


class Edge:
    """The frontend's guarded way to a catomatic that a test writes."""

    def __init__(self, compiled: CompiledPolicySet) -> None:
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider(shutdown_on_exit=False)
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.engine = Engine(compiled)
        self.telemetry = Telemetry("frontend", tracer_provider=self.provider)
        self.sent: list[httpx2.Request] = []
        self.handler: Handler = lambda request: answer()

    def transport(
        self,
        *,
        to: str = "catomatic",
        base_url: str = BASE,
        boundary: str | None = None,
        timeout: float = 10.0,
        inner: httpx2.AsyncBaseTransport | None = None,
    ) -> GuardedTransport:
        return GuardedTransport(
            inner or httpx2.MockTransport(self._handle),
            engine=self.engine,
            telemetry=self.telemetry,
            component="frontend",
            to=to,
            base_url=base_url,
            boundary=boundary,
            timeout=timeout,
        )

    def client(self, **options: Any) -> httpx2.AsyncClient:
        transport = self.transport(**options)
        return httpx2.AsyncClient(transport=transport, base_url=transport.base_url)

    async def render(self, width: Any = 4, **options: Any) -> httpx2.Response:
        async with self.client() as client:
            return await client.post("/v1/render", json={"width": width}, **options)

    async def get(self, path: str, **options: Any) -> httpx2.Response:
        async with self.client() as client:
            return await client.get(path, **options)

    async def _handle(self, request: httpx2.Request) -> httpx2.Response:
        self.sent.append(request)
        response = self.handler(request)
        return await response if isinstance(response, Awaitable) else response

    @property
    def span(self) -> ReadableSpan:
        (span,) = self.exporter.get_finished_spans()
        return span

    @property
    def attributes(self) -> dict[str, Any]:
        return dict(self.span.attributes or {})

    @property
    def told(self) -> list[tuple[Any, Any]]:
        """Boundary and assumption of each violation on the span."""
        return [
            ((event.attributes or {})[names.BOUNDARY_NAME], (event.attributes or {})[names.ASSUMPTION])
            for event in self.span.events
            if event.name == names.EVENT_VIOLATION
        ]


async def refused(call: Awaitable[Any]) -> CallRefused:
    with pytest.raises(CallRefused) as caught:
        await call
    return caught.value


def ids(error: CallRefused) -> list[str]:
    return [violation.assumption for violation in error.violations]
