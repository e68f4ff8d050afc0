"""Policies out of one text, for tests that ask what was read and decide nothing."""

from __future__ import annotations

from collections.abc import Sequence

from catguard.policies.loader import compile_texts
from catguard.policies.model import Action, PolicySet


def load_text(text: str, *, actions: Sequence[tuple[str, Action]] = ()) -> PolicySet:
    return compile_texts([("policies.yaml", text)], actions=actions).policies
