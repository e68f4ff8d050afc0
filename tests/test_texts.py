"""The texts that people read, as they read them: kept as plain files in tests/texts, compared word by word.

`CATGUARD_WRITE_TEXTS=1 python -m pytest tests/test_texts.py` writes them anew; what changed is for `git diff` to show.
"""

from __future__ import annotations

import difflib
import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import click
import pytest
from click.testing import CliRunner

from catguard.cli.check import check
from catguard.cli.explain import explain
from catguard.cli.lint import lint
from catguard.enforcement.problem import RefusalPage, problem_document
from catguard.engine.decision import CallRefused, Decision, Violation
from catguard.engine.evaluator import rehearse
from catguard.policies.compiler import CompiledPolicySet
from catguard.policies.loader import load_compiled
from catguard.supervisor.deaths import DrainOver, MemoryExceeded, OomKilled, StoppedAtOnce, classify
from catguard.supervisor.events import Died, FillDied, StartFailed
from catguard.supervisor.tracelines import span_line
from tests.plugins.frontend.reader import Page
from tests.telemetry.conftest import Memory

TEXTS = Path(__file__).parent / "texts"
WRITE = "CATGUARD_WRITE_TEXTS"
CAKE = {"kind": "cake", "candles": 12}
RYE = {"kind": "rye", "count": 3}


def pinned(name: str, text: str) -> None:
    """Hold a text to the file of a name, or write it."""
    place = TEXTS / f"{name}.txt"
    text = "\n".join(line.rstrip() for line in text.splitlines()) + "\n"
    if os.environ.get(WRITE):
        place.write_text(text)
    kept = place.read_text() if place.exists() else ""
    changes = "\n".join(difflib.unified_diff(kept.splitlines(), text.splitlines(), "kept", "now", lineterm=""))
    assert not changes, f"{changes}\n\n{WRITE}=1 python -m pytest tests/test_texts.py writes {place.name} anew"


@pytest.mark.parametrize(
    ("name", "command", "arguments"),
    [
        ("check-of-a-faulty-file", check, ["faulty.yaml"]),
        ("check-of-faulty-rules", check, ["rules.yaml"]),
        ("check-of-a-doubtful-file", check, ["doubtful.yaml"]),
        ("check-of-wrong-examples", check, ["examples.yaml"]),
        ("lint-of-a-doubtful-file", lint, ["doubtful.yaml"]),
        ("lint-explains-a-rule", lint, ["--explain", "rule-always-true"]),
        ("lint-lists-its-rules", lint, ["--list"]),
        ("explain-of-a-boundary", explain, ["oven.inbound.bake", "--policies", "doubtful.yaml"]),
    ],
)
def test_what_the_reviewer_reads(
    monkeypatch: pytest.MonkeyPatch, name: str, command: click.Command, arguments: list[str]
) -> None:
    monkeypatch.chdir(TEXTS)
    pinned(name, CliRunner(env={"COLUMNS": "120"}).invoke(command, arguments).output)


def refused(body: dict[str, Any], **query: Any) -> tuple[Violation, ...]:
    """The violations of a request to the bakery."""
    compiled = load_compiled(TEXTS / "doubtful.yaml")
    found = rehearse(compiled, "oven.inbound.bake", {"body": body, "query": query}).violations
    return tuple(found)


REFUSALS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("a-branch-that-nearly-fits", CAKE, {}),
    ("a-kind-that-there-is-not", {"kind": "stone", "count": 3}, {}),
    ("several-at-once", RYE, {"size": "larg", "grams": 2030, "colour": "brown"}),
    ("a-rule", RYE, {"grams": 1000}),
]


@pytest.mark.parametrize(("name", "body", "query"), REFUSALS)
def test_what_the_caller_reads(monkeypatch: pytest.MonkeyPatch, name: str, body: Any, query: Any) -> None:
    monkeypatch.chdir(TEXTS)
    document = json.loads(problem_document(422, refused(body, **query), public=True))
    pinned(f"refusal-of-{name}", json.dumps(document, indent=2).replace(str(TEXTS), "."))


@pytest.mark.parametrize(("name", "body", "query"), REFUSALS)
def test_what_the_owner_reads_in_the_log(monkeypatch: pytest.MonkeyPatch, name: str, body: Any, query: Any) -> None:
    monkeypatch.chdir(TEXTS)
    lines = [str(violation).replace(f"{TEXTS}/", "") for violation in refused(body, **query)]
    pinned(f"log-of-{name}", "\n".join(lines))


VISITS: list[tuple[str, dict[str, Any]]] = [
    ("what-has-a-nearest", {"count": 100000, "size": "smal"}),
    ("what-has-none", {"breed": "<b>", "count": 70}),
    ("what-is-not-declared", {"colour": "red", "count": 70}),
    ("a-rule", {"size": "large", "count": 60}),
]


@pytest.fixture(scope="module")
def service(root: Path) -> CompiledPolicySet:
    """The policies of the cat service."""
    return load_compiled(root / "policies.yaml")


@pytest.mark.parametrize(("name", "query"), VISITS)
def test_what_the_visitor_reads(service: CompiledPolicySet, name: str, query: dict[str, Any]) -> None:
    from catguard_frontend.pages import Pages

    found = rehearse(service, "frontend.inbound.gallery", {"query": query}).violations
    text = Pages().refusal(RefusalPage(400, "Bad Request", found, f"/?{urlencode(query)}"))
    page = Page(text.replace("</li>", "</li>\n"))
    words = "\n".join(line.strip() for line in page.text.splitlines() if line.strip())
    pinned(f"page-of-{name}", "\n".join((words, *page.links)))


@pytest.mark.parametrize(("name", "body", "query"), REFUSALS)
def test_what_the_owner_reads_in_telemetry(
    monkeypatch: pytest.MonkeyPatch, name: str, body: Any, query: dict[str, Any]
) -> None:
    monkeypatch.chdir(TEXTS)
    memory = Memory()
    found = refused(body, **query)
    observation = memory.telemetry("oven").start(
        "inbound", found[0].boundary, name="POST /bake", attributes={}, revision="r"
    )
    observation.decided(Decision(False, found, "r", "doubtful.yaml"), "request")
    observation.failed(ValueError(f"made of {body}"))
    observation.end(status=422)
    events = [{event.name: dict(event.attributes or {})} for event in memory.span.events]
    records = [str(record.log_record.body) for record in memory.logs]
    line = re.split(r"unknown_service:\S+ ", span_line(memory.span))[1]  # named after the interpreter
    text = "\n".join((json.dumps(events, indent=2), *records, re.sub(r" +\d+\.\d ms", " - ms", line)))
    pinned(f"telemetry-of-{name}", text.replace(f"{TEXTS}/", ""))


def test_what_the_caller_inside_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(TEXTS)
    found = refused(RYE, grams=1000)
    document = json.dumps(json.loads(problem_document(422, found, public=False, trace_id="4bf92f35")), indent=2)
    raised = str(CallRefused("till.outbound.bake", "inbound", found))
    pinned("refusal-inside", f"{document}\n{raised}".replace(f"{TEXTS}/", ""))


DEATHS = (
    classify(1, kill=None, oom=None),
    classify(-9, kill=None, oom=None),
    classify(-11, kill=None, oom=None),
    classify(-9, kill=MemoryExceeded(2**29, 530 * 2**20), oom=None),
    classify(-9, kill=None, oom=OomKilled(2**29, 1)),
    classify(-9, kill=DrainOver(10.0), oom=None),
    classify(-9, kill=StoppedAtOnce(), oom=None),
)


def test_what_the_operator_reads_of_deaths() -> None:
    told: list[object] = [Died("catomatic", 71, death, 4.2, served=True, restart_in=0.5) for death in DEATHS]
    told.append(Died("catomatic", 71, DEATHS[0], 0.3, served=False, restart_in=None))
    told.append(StartFailed("store", "could not be prepared", DEATHS[0]))
    told += [FillDied("store", 72, DEATHS[1], again_in) for again_in in (0.5, None)]
    pinned("deaths", "\n".join(map(str, told)))
