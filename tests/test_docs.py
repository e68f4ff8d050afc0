"""The documentation's examples are run, and its links lead somewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from catguard.analysis.catalogue import CATALOGUE
from catguard.analysis.examples import run_examples
from catguard.analysis.lint import lint
from catguard.cli.lint import switch_text
from catguard.policies.document import read
from catguard.policies.loader import compile_texts
from catguard.policies.model import Surprise

from .enforcement.asgi import ask

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("plugins/*/*.md"), *ROOT.glob("examples/*/*.md")]
)
#: Rules whose pieces to avoid show what is surprising.
SURPRISING = ("yaml-surprise", "confusable-characters")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> Iterator[str]:
    yield from (text for found, text in BLOCK.findall(page.read_text()) if found == language)


def example(name: str) -> str:
    text = (ROOT / "README.md").read_text()
    found = re.search(rf"<!-- example: {name} -->\n```\w+\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found, f"the README has no example {name}"
    return found[1]


async def test_the_readme_guards_a_service_as_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("policies.yaml").write_text(example("policies"))
    names: dict[str, object] = {}
    exec(compile(example("app"), "README.md", "exec"), names)  # the documentation's own code
    good = await ask(names["app"], "POST", "/orders", json_body={"count": 4})
    assert (good.status, good.json()) == (200, {"boxed": 4})
    bad = await ask(names["app"], "POST", "/orders", json_body={"count": 3})
    assert bad.status == 422
    assert bad.json() == json.loads(example("refusal"))


def test_the_example_is_short() -> None:
    assert len(example("app").strip().splitlines()) <= 20


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_policies_in_the_documentation_load_and_their_examples_hold(page: Path) -> None:
    for text in blocks(page, "yaml"):
        if text.startswith("catguard:"):
            compiled = compile_texts([(page.name, text)])
            assert [str(result) for result in run_examples(compiled) if not result.passed] == []


def test_policies_of_several_files_in_the_documentation_load_and_their_examples_hold() -> None:
    """Blocks that begin with the name of a file are the files of one policy."""
    found = (re.match(r"# (\S+\.yaml)\n", text) for text in blocks(ROOT / "docs" / "policies.md", "yaml"))
    files = {name[1]: name.string for name in found if name}
    policy = files.pop("policies.yaml")
    compiled = compile_texts([("policies.yaml", policy)], included=files)
    assert list(compiled.policies.components) == ["shop", "oven"]
    assert [str(result) for result in run_examples(compiled) if not result.passed] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_linter_finds_nothing_in_what_the_documentation_shows(page: Path) -> None:
    for text in blocks(page, "yaml"):
        if text.startswith("catguard:"):
            assert lint(compile_texts([(page.name, text)])) == []
    pieces = [*blocks(page, "yaml"), *re.findall(r"`([\w-]+: [^`\n]+)`", page.read_text())]
    assert [found for piece in pieces for found in surprises_of(piece)] == []


def test_linter_finds_nothing_in_what_it_proposes_itself() -> None:
    for entry in CATALOGUE.values():
        switch = re.sub(" in the file.*", "", switch_text(entry)) if entry.switchable else "{}"
        assert surprises_of(switch) == []
        assert surprises_of(entry.prefer) == [], entry.id
        assert surprises_of(entry.avoid) == [] or entry.id in SURPRISING


def surprises_of(text: str) -> list[Surprise]:
    document, _ = read(text, "piece.yaml")
    return [] if document is None else list(document.surprises)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_commands_in_the_documentation_exist() -> None:
    from catguard import plugins
    from catguard.cli.main import COMMANDS

    added = {command.name for command in plugins.commands(plugins.plugin_manager(), taken=COMMANDS)}
    text = "".join(page.read_text() for page in PAGES)
    named = set(re.findall(r"^(?: {4}|\$ )catguard ([a-z]+)", text, re.MULTILINE))
    assert "up" in named
    assert named <= {*COMMANDS, *added}


def test_the_architecture_names_modules_that_there_are_on_one_page() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    modules = {path.stem for path in (ROOT / "catguard").rglob("*.py") if not path.stem.startswith("__")}
    named = set(re.findall(r"`([a-z_]+)`", text.partition("\n## ")[0]))
    assert {"loader", "codegen", "evaluator", "inbound"} <= named <= modules
    assert len(text.splitlines()) <= 80
