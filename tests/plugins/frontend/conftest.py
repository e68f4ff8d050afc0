"""A small Cat-o-matic to order from, and the frontend as the host builds it, with the policies that ship."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def policies() -> Path:
    return Path(__file__).parents[3] / "policies.yaml"
