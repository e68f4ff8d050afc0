from __future__ import annotations

import pytest

from catguard.policies.model import Phase
from tests.loading import load_text

POLICY = """\
catguard: 1
system: toy
owners: {{toys: {{team: Toys, contact: "#toys"}}}}
components:
  toy:
    owner: toys
    about: Plays.
    inbound:
      play:
        http: GET /
        from: public
        response:
          200:
            media: {media}
"""


def answer(media: str) -> Phase:
    return load_text(POLICY.format(media=media)).boundary("toy.inbound.play").responses["200"]


@pytest.mark.parametrize("media", ["[text/html, text/css]", "{limit: [text/html, text/css], why: people read it}"])
def test_media_is_a_list_with_or_without_its_reason(media: str) -> None:
    assert answer(media).media == ("text/html", "text/css")


def test_media_with_its_reason() -> None:
    assumption = answer("{limit: [text/html], why: people read it, action: warn}").limits["media"]
    assert (assumption.why, assumption.limit, assumption.action) == ("people read it", "text/html", "warn")
    assert str(assumption.location) == "policies.yaml:14:21"


def test_media_without_a_reason_has_the_general_one() -> None:
    assumption = answer("[text/html]").limits["media"]
    assert (assumption.why, assumption.action) == ("what is not declared is refused", "deny")


def test_what_is_not_sent_has_no_limit_of_bytes() -> None:
    policies = load_text(
        """\
catguard: 1
system: toy
owners: {toys: {team: Toys, contact: "#toys"}}
components:
  toy:
    owner: toys
    about: Plays.
    inbound:
      cut: {call: cut, about: Cuts., response: {max_bytes: {limit: 1Ki, why: small}}}
    outbound:
      keep: {to: external, sql: SELECT toys, about: Keeps., response: {max_rows: {limit: 3, why: few}}}
"""
    )
    found = {boundary.operation: [each.id for each in boundary.assumptions()] for boundary in policies.boundaries()}
    limits = {name: [identity for identity in ids if identity.startswith("max_")] for name, ids in found.items()}
    assert limits == {"cut": ["max_bytes"], "keep": ["max_bytes", "max_rows"]}
    assert "query/max_bytes" not in found["cut"] + found["keep"]
