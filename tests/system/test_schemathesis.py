"""schemathesis, with every check that it has, against each tier and the document that is derived from its policy."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest

from catguard.policies.loader import load_compiled
from catguard.policies.openapi import openapi
from tests.system.running import PATIENCE, ROOT, TIERS, System

pytestmark = pytest.mark.usefixtures("composes_afterwards", "serves_afterwards")

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
LONGEST = 1700.0


@pytest.fixture(scope="module")
def documents() -> dict[str, dict[str, Any]]:
    """The OpenAPI document of each tier; the frontend alone gives its out."""
    policies = load_compiled(ROOT / "policies.yaml").policies
    return {tier: openapi(policies, tier) for tier in TIERS}


def report(system: System, tier: str, document: dict[str, Any], place: Path, *options: str) -> dict[str, Any]:
    """Run it on every operation of a tier, in a directory of its own; its report."""
    (place / "openapi.json").write_text(json.dumps(document))
    where = ["openapi.json", "--url", system.addresses[tier]]
    if tier == "frontend":  # the document that is served; its own operation would be left out but for the option
        where = [f"{system.addresses[tier]}/openapi.json", "--include-path-regex", "^/"]
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION), "run", *where]
    command += ["--checks", "all", "--continue-on-failure", "--suppress-health-check", "all"]
    command += ["--request-timeout", str(PATIENCE), "--report", "json", "--report-json-path", "report.json", *options]
    ended = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, timeout=LONGEST)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    found: dict[str, Any] = json.loads((place / "report.json").read_text())
    return found


def assert_all_was_tried_and_nothing_failed(found: dict[str, Any], document: dict[str, Any]) -> None:
    assert (found["failures"], found["errors"]) == ([], [])
    assert found["operations"]["tested"] == sum(len(methods) for methods in document["paths"].values())
    phases = {name: phase["status"] for name, phase in found["phases"].items()}
    if "skip" in phases["stateful"]:  # where no answer leads to another operation
        del phases["stateful"]
    assert phases.keys() >= {"examples", "coverage", "fuzzing"}
    assert set(phases.values()) == {"success"}


def test_frontend_gives_out_the_document_of_its_policy(system: System, documents: dict[str, dict[str, Any]]) -> None:
    served = httpx2.get(f"{system.addresses['frontend']}/openapi.json", timeout=PATIENCE).json()
    assert served == json.loads(json.dumps(documents["frontend"]))


@pytest.mark.parametrize("tier", TIERS)
def test_tier_keeps_what_its_document_promises(
    system: System, documents: dict[str, dict[str, Any]], tier: str, tmp_path: Path
) -> None:
    found = report(system, tier, documents[tier], tmp_path, "--max-examples", "4", "--seed", "1")
    assert_all_was_tried_and_nothing_failed(found, documents[tier])


@pytest.mark.long
@pytest.mark.timeout(LONGEST)
@pytest.mark.parametrize("tier", TIERS)
def test_tier_keeps_what_its_document_promises_whatever_the_seed(
    system: System, documents: dict[str, dict[str, Any]], tier: str, tmp_path: Path
) -> None:
    found = report(system, tier, documents[tier], tmp_path, "--max-examples", "500")
    assert_all_was_tried_and_nothing_failed(found, documents[tier])
