from __future__ import annotations

from catguard.engine.evaluator import decide_response
from catguard.policies.compiler import compile_policies
from catguard.policies.loader import build
from tests.policies.mistakes import PLACES, REQUEST, TEXT


def test_answer_to_head_is_not_asked_for_what_only_a_body_has() -> None:
    rules = "{size: {rule: response.image.width == 1, why: w}, tag: {rule: \"response.headers.etag == 'a'\", why: w}}"
    text = TEXT.replace("{VARIABLES}", "{}").replace("{IMAGE}", rules)
    for place in PLACES:
        text = text.replace(f"{{{place}}}", "{}")
    policies, _ = build([("try.yaml", text)])
    assert policies is not None
    compiled = compile_policies(policies)
    boundary = compiled.boundaries["shop.inbound.order"]

    def broken(**answer: object) -> list[str]:
        response = {"status": 200, "media": "image/png", "headers": {"etag": "b"}, "bytes": 0, **answer}
        decision = decide_response(compiled, boundary, dict(REQUEST), response)
        return [violation.assumption for violation in decision.violations]

    assert broken(bodiless=True) == ["tag"]
    assert broken(image={"width": 2, "height": 1, "format": "png", "frames": 1}) == ["size", "tag"]
