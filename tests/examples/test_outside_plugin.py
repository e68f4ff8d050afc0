"""The plugin from outside: installed as its users install it, it adds a tier that nobody else names."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image

from catguard.analysis.examples import run_examples
from catguard.errors import PolicyError
from catguard.policies.loader import compile_texts, load_compiled
from tests.system.running import PATIENCE, ROOT, START, STOP, TIERS, System, trace_of

EXAMPLE = ROOT / "examples" / "outside_plugin"
OVERLAY = "examples/outside_plugin/policies.yaml"
POLICIES = ["--policies", "policies.yaml", "--policies", OVERLAY]
pytestmark = pytest.mark.timeout(START + STOP)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the plugin is installed; nothing is fetched for it."""
    place = tmp_path_factory.mktemp("outside") / "installed"
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-index", "--no-deps", "--no-build-isolation"]
    command = [sys.executable, "-m", "pip", "install", *quiet, "--target", str(place), str(EXAMPLE)]
    done = subprocess.run(command, cwd=place.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return place


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, installed: Path, seeded: Path) -> Iterator[System]:
    """The cat service with postcards."""
    running = System(
        tmp_path_factory.mktemp("postcards"),
        tiers=(*TIERS, "postcards"),
        options=POLICIES,
        variables={"PYTHONPATH": str(installed)},
        data=seeded,
    )
    yield running
    assert running.stop() == 0
    assert "Traceback" not in running.log()


def card(system: System, **query: Any) -> httpx2.Response:
    return httpx2.get(f"{system.addresses['postcards']}/card", params=query, timeout=PATIENCE)


def test_card_is_a_picture(system: System) -> None:
    answer = card(system, greeting="Hello from the meadow", breed="calico")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png"), answer.text
    with Image.open(io.BytesIO(answer.content)) as image:
        image.load()
        assert (image.format, image.size) == ("PNG", (400, 480))
        cat, greeting = image.crop((20, 20, 380, 380)), image.crop((20, 390, 380, 470))
        assert len(cat.getcolors(360 * 360) or ()) > 1000, "a cat in a meadow"
        assert len(greeting.getcolors(360 * 80) or ()) > 2, "letters on paper"


def test_card_is_one_trace_down_to_the_store(system: System) -> None:
    spans = system.spans_of(trace_of(card(system, greeting="Hello", seed=7)))
    assert [(span.tier, span.name) for span in spans if not span.parent] == [("postcards", "GET /card")]
    assert {span.tier for span in spans} == {"postcards", "catomatic", "store"}
    (render,) = (span for span in spans if span.attributes["catguard.boundary.name"] == "catomatic.inbound.render")
    assert render.attributes["catguard.caller.component"] == "postcards"
    assert {span.attributes["catguard.policy_set"] for span in spans} == {f"policies.yaml, {OVERLAY}"}


def test_refusal_names_the_tiers_own_file_and_line(system: System) -> None:
    answer = card(system, greeting="a greeting that is longer than one line of a card")
    assert answer.status_code == 400
    (told,) = answer.json()["violations"]
    assert told["assumption"] == "query/greeting/maxLength"
    ((_, violation),) = system.spans_of(trace_of(answer))[0].events
    place = re.fullmatch(rf"{re.escape(OVERLAY)}:(\d+):\d+", violation["catguard.policy"])
    assert place
    assert "maxLength: 40" in (ROOT / OVERLAY).read_text().splitlines()[int(place[1]) - 1]
    assert violation["catguard.owner"] == "Postcards (#postcards)"


def test_card_of_an_unknown_breed_is_not_found(system: System) -> None:
    answer = card(system, greeting="Hello", breed="unicorn")
    assert (answer.status_code, answer.json()["detail"]) == (404, "there is no unicorn cat")


def test_card_without_a_greeting_reaches_nobody(system: System) -> None:
    answer = card(system)
    assert answer.status_code == 400
    assert [span.tier for span in system.spans_of(trace_of(answer))] == ["postcards"]


def test_shipped_tiers_go_on_as_before(system: System) -> None:
    page = httpx2.get(f"{system.addresses['frontend']}/?count=2", timeout=PATIENCE)
    assert (page.status_code, page.text.count('<li class="cat ')) == (200, 2)


def test_plugins_lists_it(installed: Path) -> None:
    command = [sys.executable, "-m", "catguard", "plugins", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run(command, cwd=installed, env=environment, capture_output=True, text=True, check=True)
    found = {plugin["distribution"]: plugin for plugin in json.loads(done.stdout)}
    assert found["catguard-postcards"]["version"] == "0.1.0"
    assert found["catguard-postcards"]["tiers"] == ["postcards"]
    assert len(found) == 1 + len(TIERS)


def test_nothing_of_ours_names_it() -> None:
    ours = [ROOT / "policies.yaml"]
    for folder in ("catguard", "plugins"):
        ours += [
            path for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".json", ".yaml", ".html", ".toml")
        ]
    assert len(ours) > 100
    assert [str(path) for path in ours if "postcard" in path.read_text().lower()] == []


def test_examples_of_both_files_hold(root: Path) -> None:
    results = run_examples(load_compiled([root / "policies.yaml", root / OVERLAY]))
    assert [str(result) for result in results if not result.passed] == []


def test_nobody_becomes_a_caller_without_the_callees_word(root: Path) -> None:
    """Without its line below `catomatic:` the overlay does not load."""
    agreed = "  catomatic:\n    inbound:\n      render: {from: [frontend, postcards]}\n"
    overlay = (root / OVERLAY).read_text()
    assert agreed in overlay
    texts = [("policies.yaml", (root / "policies.yaml").read_text()), (OVERLAY, overlay.replace(agreed, ""))]
    with pytest.raises(PolicyError, match=r"catomatic\.inbound\.render") as failure:
        compile_texts(texts)
    assert "postcards" in str(failure.value)
