"""schemathesis, with every check that it has, against the document and the service behind it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.system.running import PATIENCE, System

pytestmark = pytest.mark.usefixtures("serves_afterwards")

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
OPERATIONS = 9


def report(system: System, place: Path, *options: str) -> dict[str, Any]:
    """Run it on every operation of the frontend, in a directory of its own; its report."""
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION)]
    command += ["run", f"{system.addresses['frontend']}/openapi.json", "--checks", "all", "--include-path-regex", "^/"]
    command += ["--request-timeout", str(PATIENCE), "--suppress-health-check", "all", "--continue-on-failure"]
    command += ["--report", "json", "--report-json-path", "report.json", *options]
    ended = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, timeout=1700)
    found: dict[str, Any] = json.loads((place / "report.json").read_text())
    assert ended.returncode == 0, ended.stdout
    return found


def assert_nothing_fails(found: dict[str, Any]) -> None:
    assert (found["failures"], found["errors"]) == ([], [])
    assert found["operations"]["tested"] == found["operations"]["total"] == OPERATIONS
    phases = {name: phase["status"] for name, phase in found["phases"].items()}
    assert phases == dict.fromkeys(("examples", "coverage", "fuzzing", "stateful"), "success")


def test_document_names_every_operation(system: System) -> None:
    document = httpx2.get(f"{system.addresses['frontend']}/openapi.json", timeout=PATIENCE).json()
    assert sum(len(methods) for methods in document["paths"].values()) == OPERATIONS


def test_service_keeps_what_its_document_promises(system: System, tmp_path: Path) -> None:
    assert_nothing_fails(report(system, tmp_path, "--max-examples", "12", "--seed", "1"))


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_service_keeps_what_its_document_promises_whatever_the_seed(system: System, tmp_path: Path) -> None:
    assert_nothing_fails(report(system, tmp_path, "--max-examples", "500"))
