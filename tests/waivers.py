"""A shelf with waivers, for the tests of all that reads them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from catguard.policies.clock import utc_now
from catguard.policies.compiler import CompiledPolicySet
from catguard.policies.loader import compile_texts

POLICIES = """
catguard: 1
system: shelf
owners: {shelf: {team: Shelf, contact: "#shelf"}, other: {team: Other, contact: "#other"}}
components:
  shelf:
    owner: shelf
    about: keeps
    inbound:
      put:
        http: POST /put
        from: public
        request:
          body:
            type: object
            additionalProperties: false
            required: [count]
            properties: {count: {type: integer, minimum: 0, maximum: 9, description: one digit}}
          assume:
            even: {rule: request.body.count % 2 == 0, why: they come in pairs}
            few: {rule: request.body.count != 8, why: audited anyway, action: audit}
        response: {200: {media: {limit: [application/json], why: it is read}}, 422: {}}
        examples:
          two: {request: {body: {count: 2}}, refuse: [{by: even, request: {body: {count: 3}}}, {by: few, request: {body: {count: 8}}}]}
          EXAMPLE
waivers:
"""
WAIVER = "  - {boundary: shelf.inbound.put, assumption: even, owner: other, why: until the old crates are gone, expires: 2027-01-31}\n"
#: Shows what the waiver is for.
NEEDS = "three: {request: {body: {count: 3}}}"
TWELVE = datetime(2027, 1, 31, 12, tzinfo=UTC)


def text(waivers: str = WAIVER, *, example: str = "") -> str:
    return (POLICIES + waivers).replace("EXAMPLE", example)


def compiled(waivers: str = WAIVER, *, example: str = "", now: Sequence[datetime] | None = None) -> CompiledPolicySet:
    """Compile it; the clock reads the last item of `now`, which a test may replace."""
    clock = utc_now if now is None else lambda: now[-1]
    return compile_texts([("shelf.yaml", text(waivers, example=example))], clock=clock)
