"""One page request is one trace across three processes, as its exported lines tell it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx2
import pytest

from catguard.policies.loader import load_compiled
from catguard.policies.model import PolicySet

from .running import PATIENCE, TIERS, Span, System, trace_of

INTERNAL, SERVER, CLIENT = 1, 2, 3
# The status of a span that is unset; OTLP leaves out what is zero.
UNSET: dict[str, Any] = {}
ERROR = 2
CATS = 5
# Other tests order other seeds: what is in the frontend's cache is not rendered again.
PAGE = {"breed": "siamese", "scene": "rose-garden", "count": CATS, "seed": 20_041}
# What a cat takes: itself, and back, ground and foreground of its scene; each is asked for once, then kept.
LAYERS = 4
# Twelve cats are more than 16 x 16 pixels have room for: the frontend does not know, Cat-o-matic says so.
NO_ROOM = "/api/cats?count=12&width=16&height=16"
STRANGER, INSIDER = "0af7651916cd43dd8448eb211c80319c", "4bf92f3577b34da6a3ce929d0e0e4736"
CANARY = "canary-q7zx"
MENU = (
    {f"{tier}.outbound.menu" for tier in TIERS}
    | {f"{tier}.inbound.menu" for tier in TIERS}
    | {"store.outbound.count-pictures"}
)


@dataclass(frozen=True)
class Trace:
    """The spans of one trace, and the answer that they led to."""

    answer: httpx2.Response
    spans: list[Span]

    @cached_property
    def root(self) -> Span:
        (root,) = (span for span in self.spans if not span.parent)
        return root

    def children(self, span: Span) -> list[Span]:
        return [child for child in self.spans if child.parent == span.id]

    def at(self, boundary: str) -> list[Span]:
        return [span for span in self.spans if span.attributes["catguard.boundary.name"] == boundary]

    def of_kind(self, kind: int, *, database: bool | None = None) -> list[Span]:
        """Spans of a kind; CLIENT spans to a database or to another tier, as asked."""
        found = [span for span in self.spans if span.kind == kind]
        return [span for span in found if database is None or ("db.system.name" in span.attributes) == database]


def ask(system: System, target: str, *, tier: str = "frontend", method: str = "GET", **options: Any) -> Trace:
    """Make a request; the menu is asked for by whichever request comes when it is old, and is no part of any."""
    answer = httpx2.request(method, system.addresses[tier] + target, timeout=PATIENCE, **options)
    spans = [
        span for span in system.spans_of(trace_of(answer)) if span.attributes.get("catguard.boundary.name") not in MENU
    ]
    return Trace(answer, spans)


def violations(span: Span) -> list[dict[str, Any]]:
    return [attributes for name, attributes in span.events if name == "catguard.violation"]


@pytest.fixture(scope="module")
def policies(root: Path) -> PolicySet:
    return load_compiled(root / "policies.yaml").policies


@pytest.fixture(scope="module")
def page(system: System) -> Trace:
    """The page of some cats that nobody has asked for before."""
    trace = ask(system, "/", params=PAGE)
    assert trace.answer.status_code == 200
    assert trace.answer.text.count('src="/pictures/') == CATS
    return trace


def test_page_is_one_tree_below_the_frontends_server_span(page: Trace) -> None:
    assert (page.root.tier, page.root.kind) == ("frontend", SERVER)
    ids = {span.id for span in page.spans}
    assert len(ids) == len(page.spans)
    assert {span.parent for span in page.spans if span is not page.root} <= ids


def test_page_crosses_three_processes(page: Trace) -> None:
    processes = {(span.tier, span.process) for span in page.spans}
    assert {tier for tier, _ in processes} == set(TIERS)
    assert len({process for _, process in processes}) == len(processes) == len(TIERS)


def test_traceresponse_names_the_root(page: Trace) -> None:
    version, trace, span, flags = page.answer.headers["traceresponse"].split("-")
    assert (version, trace, span) == ("00", page.root.trace, page.root.id)
    assert int(flags, 16) & 1, "the sampled flag: it was recorded"


def test_each_call_has_one_span_at_each_end(page: Trace, policies: PolicySet) -> None:
    calls = page.of_kind(CLIENT, database=False)
    for call in calls:
        callee, operation = str(policies.boundary(call.attributes["catguard.boundary.name"]).to).split(".")
        (answer,) = page.children(call)
        assert (answer.kind, answer.tier) == (SERVER, callee)
        assert answer.process != call.process
        assert answer.attributes["catguard.boundary.name"] == f"{callee}.inbound.{operation}"
        assert answer.attributes["catguard.caller.component"] == call.tier
        assert call.attributes["service.peer.name"] == callee
        for name in ("http.request.method", "http.response.status_code", "server.address", "server.port"):
            assert answer.attributes[name] == call.attributes[name]
    assert len(page.of_kind(SERVER)) == len(calls) + 1, "but for the root each has a caller"


def test_each_statement_has_one_client_span(page: Trace) -> None:
    requests = [span for span in page.of_kind(SERVER) if span.tier == "store"]
    for request in requests:
        (statement,) = page.children(request)
        assert (statement.kind, statement.process) == (CLIENT, request.process)
        assert page.children(statement) == []
    assert len(page.of_kind(CLIENT, database=True)) == len(requests)


def test_each_cat_is_one_render(page: Trace) -> None:
    renders = page.children(page.root)
    assert [span.attributes["catguard.boundary.name"] for span in renders] == ["frontend.outbound.render"] * CATS
    assert len(page.at("catomatic.inbound.render")) == CATS


def test_each_render_looks_for_its_pictures_then_resizes_and_encodes(page: Trace) -> None:
    for render in page.at("catomatic.inbound.render"):
        children = page.children(render)
        made = Counter(span.attributes["catguard.boundary.name"] for span in children)
        assert made["catomatic.outbound.find"] == 2, "the cats of the breed, and the layers of the scene"
        assert made["catomatic.outbound.image"] <= LAYERS + 1, "the cat once more for its outline"
        assert made["catomatic.inbound.resize"] == LAYERS
        assert made["catomatic.inbound.encode"] == 1
        assert made.total() == len(children) == 2 + made["catomatic.outbound.image"] + LAYERS + 1


def test_page_makes_no_more_calls_than_its_policy_counts_on(page: Trace) -> None:
    """`frontend.inbound.gallery` says what a cat costs: eight calls."""
    assert 3 * CATS <= len(page.of_kind(CLIENT, database=False)) <= 8 * CATS


def test_calls_inside_the_process_are_internal_spans(page: Trace) -> None:
    inside = [span for span in page.spans if span.name in ("resize", "encode")]
    assert inside == page.of_kind(INTERNAL)
    for span in inside:
        assert span.attributes["catguard.boundary.name"] == f"catomatic.inbound.{span.name}"
        assert page.children(span) == []


def test_every_span_says_who_decided_what_by_which_policy(page: Trace, system: System, policies: PolicySet) -> None:
    (revision,) = {span.attributes["catguard.revision"] for span in page.spans}
    announced = re.search(r"policies\.yaml, revision ([0-9a-f]+)", system.log())
    assert announced
    assert revision.startswith(announced[1])
    for span in page.spans:
        boundary = policies.boundary(span.attributes["catguard.boundary.name"])
        assert (boundary.component, boundary.side) == (span.tier, span.attributes["catguard.boundary.side"])
        assert span.attributes["catguard.component"] == span.tier
        assert span.attributes["catguard.decision"] == "allow"
        assert span.attributes["catguard.policy_set"] == "policies.yaml"
        assert span.status == UNSET
        assert span.events == ()


def test_server_spans_follow_the_conventions_for_http(page: Trace, policies: PolicySet) -> None:
    for span in page.of_kind(SERVER):
        boundary = policies.boundary(span.attributes["catguard.boundary.name"])
        assert span.name == f"{boundary.method} {boundary.path}"
        assert span.attributes["http.request.method"] == boundary.method
        assert span.attributes["http.route"] == boundary.path
        assert span.attributes["http.response.status_code"] == 200
        assert span.attributes["url.scheme"] == "http"
        assert re.fullmatch(re.sub(r"{\w+}", "[^/]+", str(boundary.path)), span.attributes["url.path"])


def test_client_spans_follow_the_conventions_for_http(page: Trace, system: System, policies: PolicySet) -> None:
    for span in page.of_kind(CLIENT, database=False):
        boundary = policies.boundary(span.attributes["catguard.boundary.name"])
        assert span.name == f"{boundary.method} {boundary.path}"
        assert span.attributes["http.request.method"] == boundary.method
        assert span.attributes["url.template"] == boundary.path
        assert span.attributes["http.response.status_code"] == 200
        callee = system.addresses[span.attributes["service.peer.name"]]
        assert f"http://{span.attributes['server.address']}:{span.attributes['server.port']}" == callee
        assert span.attributes["url.full"].startswith(f"{callee}/")
        assert "?" not in span.attributes["url.full"]


def test_database_spans_follow_the_conventions_for_databases(page: Trace) -> None:
    tables = {"store.outbound.select-pictures": "pictures", "store.outbound.select-image": "images"}
    found = page.of_kind(CLIENT, database=True)
    # Images may be in Cat-o-matic's memory, for a page that another test asked for.
    assert "store.outbound.select-pictures" in {span.attributes["catguard.boundary.name"] for span in found}
    for span in found:
        table = tables[span.attributes["catguard.boundary.name"]]
        assert span.name == span.attributes["db.query.summary"] == f"SELECT {table}"
        assert span.attributes["db.system.name"] == "sqlite"
        assert span.attributes["db.namespace"] == "store.db"
        assert span.attributes["db.operation.name"] == "SELECT"
        assert span.attributes["db.collection.name"] == table
        assert span.attributes["db.query.text"].startswith("SELECT ")
        assert "siamese" not in span.attributes["db.query.text"]
        assert span.attributes["db.response.returned_rows"] >= 1


def test_zoom_asks_what_the_picture_is_like_before_it_orders(system: System) -> None:
    """The monitoring's request as shipped: Cat-o-matic is asked, and the order does not leave."""
    store = f"{system.addresses['store']}/v1/pictures?kind=cat"
    for found in httpx2.get(store, timeout=PATIENCE).json()["pictures"]:
        traces = [ask(system, f"/api/zoom?picture={found['id']}&part=nose&scale=0.999") for _ in range(2)]
        # Other tests have asked for some pictures before; the frontend remembers those.
        if len(traces[0].spans) > len(traces[1].spans):
            break
    assert [trace.answer.status_code for trace in traces] == [422, 422]
    first, again = ([span.attributes["catguard.boundary.name"] for span in trace.spans] for trace in traces)
    asking = ["frontend.outbound.picture", "catomatic.inbound.picture", "catomatic.outbound.picture"]
    looking = ["store.inbound.picture", "store.outbound.select-pictures"]
    assert first == ["frontend.inbound.zoom", *asking, *looking, "frontend.outbound.render"]
    assert again == ["frontend.inbound.zoom", "frontend.outbound.render"]
    for trace in traces:
        (order,) = trace.at("frontend.outbound.render")
        assert {found["catguard.where"] for found in violations(order)} == {"/body/width", "/body/height"}


@pytest.mark.parametrize("sampled", ["00", "01"])
def test_public_callers_trace_is_linked_and_not_adopted(system: System, sampled: str) -> None:
    trace = ask(system, "/static/cats.css", headers={"traceparent": f"00-{STRANGER}-b7ad6b7169203331-{sampled}"})
    (span,) = trace.spans
    assert span.links == (STRANGER,)
    assert span.trace != STRANGER
    assert span.parent == ""


def test_callers_inside_are_continued(system: System) -> None:
    answer = httpx2.get(
        f"{system.addresses['store']}/v1/pictures?kind=scene",
        headers={"traceparent": f"00-{INSIDER}-b7ad6b7169203331-00", "catguard-context": "caller=catomatic"},
        timeout=PATIENCE,
    )
    assert trace_of(answer) == INSIDER
    request, *statements = system.spans_of(INSIDER)
    assert statements, "what was found, and how many there are where a page did not hold them all"
    assert {statement.parent for statement in statements} == {request.id}
    assert request.parent == "b7ad6b7169203331"
    assert request.attributes["catguard.caller.component"] == "catomatic"


def test_nobody_outside_passes_for_a_component(system: System) -> None:
    trace = ask(system, "/static/cats.css", headers={"catguard-context": "caller=catomatic"})
    assert trace.root.attributes["catguard.caller.component"] == "public"
    assert trace.root.attributes["catguard.caller.verified"] is False


def test_refusal_of_the_callee_is_on_both_spans(system: System) -> None:
    trace = ask(system, NO_ROOM)
    assert trace.answer.status_code == 422
    root, call, request = trace.spans
    assert [span.tier for span in trace.spans] == ["frontend", "frontend", "catomatic"]
    (refused,) = violations(request)
    assert violations(call) == [refused]
    assert violations(root) == []
    assert refused["catguard.assumption"] == "scene-has-room"
    assert refused["catguard.boundary.name"] == "catomatic.inbound.render"
    assert refused["catguard.where"] == "/body/count"
    assert refused["catguard.owner"] == "Cat-o-matic (#catomatic-oncall)"
    assert re.fullmatch(r"policies\.yaml:\d+:\d+", refused["catguard.policy"])
    decisions = [span.attributes["catguard.decision"] for span in trace.spans]
    assert decisions == ["allow", "allow", "deny"]


def test_refused_call_is_an_error_of_the_caller_alone(system: System) -> None:
    root, call, request = ask(system, NO_ROOM).spans
    assert (root.status, request.status) == (UNSET, UNSET)
    assert call.status["code"] == ERROR
    assert call.attributes["error.type"] == "catguard.refused"
    assert "error.type" not in {**root.attributes, **request.attributes}
    assert {span.attributes["http.response.status_code"] for span in (root, call, request)} == {422}


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/?count=1000", 400),
        ("/api/cats?ask=cats+in+paris", 422),
        ("/api/cats?breed=unicorn", 404),
        ("/nowhere", 404),
        ("/api/cats?count=1000", 400),
    ],
)
def test_server_span_of_a_4xx_has_no_status(system: System, target: str, status: int) -> None:
    root = ask(system, target).root
    assert root.attributes["http.response.status_code"] == status
    assert root.status == UNSET
    assert "error.type" not in root.attributes


def test_request_that_nothing_declares_has_no_route(system: System) -> None:
    (span,) = ask(system, "/nowhere").spans
    assert span.name == "GET"
    assert "http.route" not in span.attributes
    assert "catguard.boundary.name" not in span.attributes


@pytest.mark.parametrize(
    ("tier", "options"),
    [
        # Through all tiers into a statement, and back as a 404.
        ("frontend", {"target": f"/api/cats?breed={CANARY}"}),
        ("frontend", {"target": f"/?count=1&scene={CANARY}"}),
        # Refused by a shape, by a rule, and by the grammar of sentences.
        ("frontend", {"target": f"/?breed={CANARY.upper()}"}),
        ("frontend", {"target": f"/?colour={CANARY}"}),
        ("frontend", {"target": f"/api/cats?ask={CANARY}&breed={CANARY}"}),
        ("frontend", {"target": f"/api/cats?ask={CANARY}"}),
        ("frontend", {"target": "/static/cats.css", "headers": {"if-none-match": f'"{CANARY}"', "cookie": CANARY}}),
        ("catomatic", {"target": "/v1/render", "method": "POST", "json": {"breed": CANARY.upper(), "count": CANARY}}),
        ("catomatic", {"target": "/v1/render", "method": "POST", "content": f'{{"breed": {CANARY}'}),
        ("store", {"target": f"/v1/pictures?kind=cat&tag={CANARY}"}),
    ],
    ids=lambda value: str(value)[:40],
)
def test_no_value_of_a_request_is_told(system: System, tier: str, options: dict[str, Any]) -> None:
    trace = ask(system, tier=tier, **options)
    assert trace.spans
    for told in (system.trace.read_text(), system.log()):
        assert CANARY not in told.lower()
