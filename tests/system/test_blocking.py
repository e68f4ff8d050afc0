"""Each tier can be left out: the others start, and the plugin of the one that is blocked is not even imported."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from PIL import Image

from .running import PATIENCE, ROOT, TIERS, System, nowhere

ORDER = {"breed": "siamese", "scene": "meadow", "count": 1, "width": 96, "height": 64, "format": "png"}


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A folder of plugins that end whoever imports them, under the names of the shipped ones."""
    for tier in TIERS:
        folder = tmp_path / "broken" / tier / f"catguard_{tier}"
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text("raise SystemExit('imported, although it is blocked')\n")
    return tmp_path / "broken"


@contextmanager
def without(*blocked: str, place: Path, broken: Path, seeded: Path) -> Iterator[System]:
    """The system without some tiers, whose plugins cannot be imported and at whose addresses nobody answers."""
    options = [word for tier in blocked for word in ("--block", tier)]
    path = ":".join(str(broken / tier) for tier in blocked)
    with nowhere() as nobody:
        for tier in blocked:
            options += ["--address", f"{tier}={nobody}"]
        system = System(
            place,
            tiers=[tier for tier in TIERS if tier not in blocked],
            options=options,
            variables={"PYTHONPATH": path},
            data=seeded,
        )
        try:
            assert set(system.addresses) == set(TIERS) - set(blocked)
            yield system
        finally:
            assert system.stop() == 0


def get(url: str) -> httpx2.Response:
    return httpx2.get(url, timeout=PATIENCE)


def test_plugin_that_cannot_be_imported_is_an_error(broken: Path) -> None:
    command = [sys.executable, "-m", "catguard", "plugins"]
    done = subprocess.run(
        command, cwd=ROOT, env={"PYTHONPATH": str(broken / "store")}, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "imported, although it is blocked" in done.stderr


def test_store_starts_alone(tmp_path: Path, broken: Path, seeded: Path) -> None:
    with without("frontend", "catomatic", place=tmp_path, broken=broken, seeded=seeded) as system:
        found = get(f"{system.addresses['store']}/v1/pictures?kind=cat").json()["pictures"]
        assert len(found) == 12, "twelve breeds, asleep"
        assert get(f"{system.addresses['store']}/readyz").status_code == 200


def test_catomatic_and_store_start_without_a_frontend(tmp_path: Path, broken: Path, seeded: Path) -> None:
    with without("frontend", place=tmp_path, broken=broken, seeded=seeded) as system:
        answer = httpx2.post(f"{system.addresses['catomatic']}/v1/render", json=ORDER, timeout=PATIENCE)
        with Image.open(io.BytesIO(answer.content)) as image:
            assert (image.format, image.size) == ("PNG", (96, 64))


def test_frontend_and_store_start_without_a_catomatic(tmp_path: Path, broken: Path, seeded: Path) -> None:
    with without("catomatic", place=tmp_path, broken=broken, seeded=seeded) as system:
        page = get(system.addresses["frontend"])
        assert page.status_code == 503
        assert "Nobody answers where the pictures are made." in page.text
        assert get(f"{system.addresses['frontend']}/readyz").status_code == 503
        assert get(f"{system.addresses['store']}/readyz").status_code == 200


def test_frontend_and_catomatic_start_without_a_store(tmp_path: Path, broken: Path, seeded: Path) -> None:
    with without("store", place=tmp_path, broken=broken, seeded=seeded) as system:
        page = get(f"{system.addresses['frontend']}/?count=3")
        assert page.status_code == 503
        assert get(f"{system.addresses['frontend']}/api/cats").status_code == 503
        readiness = {tier: get(f"{url}/readyz").status_code for tier, url in system.addresses.items()}
        assert readiness == {"frontend": 200, "catomatic": 503}, "a neighbour's health, never its readiness"
