"""The texts that people read, as they read them: kept as plain files in tests/texts, compared word by word.

`CATGUARD_WRITE_TEXTS=1 python -m pytest tests/test_texts.py` writes them anew; what changed is for `git diff` to show.
"""

from __future__ import annotations

import difflib
import json
import os
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from catguard.cli.check import check
from catguard.cli.explain import explain
from catguard.cli.lint import lint
from catguard.enforcement.problem import problem_document
from catguard.engine.decision import Violation
from catguard.engine.evaluator import rehearse
from catguard.policies.loader import load_compiled

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
    ("several-at-once", RYE, {"size": "smal", "grams": 2030, "colour": "brown"}),
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
