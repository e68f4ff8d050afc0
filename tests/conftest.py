"""Fixtures for all tests: policies by text, and a client for ASGI apps."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# A deadline would be a timed assertion.
settings.register_profile("catguard", deadline=None)
settings.load_profile("catguard")

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the repository."""
    return ROOT
