"""Fixtures of the enforcement points: a real PostgreSQL server, and an edge to call along."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from catguard.policies.compiler import CompiledPolicySet, compile_policies
from catguard.policies.loader import load_text
from tests.enforcement.outbound import POLICY, Edge
from tests.postgresql import server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a real PostgreSQL server."""
    with server() as address:
        yield address


@pytest.fixture(scope="session")
def outbound_policies() -> CompiledPolicySet:
    return compile_policies(load_text(POLICY))


@pytest.fixture
def edge(outbound_policies: CompiledPolicySet) -> Edge:
    return Edge(outbound_policies)
