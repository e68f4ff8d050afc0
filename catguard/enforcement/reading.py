"""Reads a response off the wire as facts: its head, then its body; the same at both ends of an edge."""

from __future__ import annotations

from dataclasses import replace

from catguard.enforcement.head import Head, media_type
from catguard.engine.codec import Unreadable, loads
from catguard.engine.decision import Violation
from catguard.engine.evaluator import Facts, limit_violation
from catguard.engine.masking import without_names
from catguard.facts.images import BrokenImage, image_facts
from catguard.policies.compiler import CompiledBoundary, CompiledPhase

#: Statuses whose answers have no body (RFC 9110, sections 15.3.5 and 15.4.5).
BODILESS = (204, 304)


def head_facts(phase: CompiledPhase, status: int, head: Head, *, bodiless: bool = False) -> Facts:
    """Return what the head of a response says.

    Args:
        phase: Of the status.
        status: Of the response.
        head: Its headers.
        bodiless: Whether this response rightly has no body, as an answer to HEAD.
    """
    facts: Facts = {"status": status, "headers": {}}
    if bodiless or status in BODILESS:
        facts["bodiless"] = True
    else:
        facts["media"] = media_type(head.values.get(b"content-type"))
    if "headers" in phase.parts:
        facts["headers"] = phase.parts["headers"].from_wire(head.pairs(phase.parts["headers"].names))
    return facts


def check_encoding(boundary: CompiledBoundary, phase: CompiledPhase, head: Head) -> list[Violation]:
    """Return the violation that a body is compressed: only what arrives has a size, not what comes out of it."""
    if (head.text(b"content-encoding") or "identity").strip().lower() == "identity":
        return []
    text = "the body must be sent as it is, without content-encoding"
    return [limit_violation(boundary, phase, "content-encoding", text, "/headers/content-encoding")]


def read_body(
    boundary: CompiledBoundary, phase: CompiledPhase, facts: Facts, head: Head, body: bytes
) -> list[Violation]:
    """Add what the body of a response says to the facts; returns what cannot be read of it."""
    facts["bytes"] = len(body)

    def note(key: str, text: str, where: str) -> list[Violation]:
        return [limit_violation(boundary, phase, key, text, where)]

    if b"content-encoding" in head.values and (encoded := check_encoding(boundary, phase, head)):
        return encoded
    if facts.get("bodiless") or phase.media is None:
        facts.pop("media", None)
        return note("body/undeclared", "no body is declared", "/body") if body else []
    media = facts["media"]
    if media not in phase.media:
        facts["bodiless"] = True  # a body of another type is not looked at; that it is one, the engine tells
        return []
    if "body" in phase.parts:
        try:
            facts["body"] = loads(body)
        except Unreadable as error:
            where, text = f"/body{error.where}", str(error)
            masked = (without_names(where, phase.parts["body"].words), text)
            return [replace(found, masked=masked) for found in note("body/readable", text, where)]
    elif "response/image" in phase.policy.limits:
        try:
            image = image_facts(body, media)
        except BrokenImage as error:
            return note("response/image", str(error), "/image")
        if image is not None and media != f"image/{image['format']}":
            return note("response/image", f"the picture must be {media}, not image/{image['format']}", "/image")
        if image is not None:
            facts["image"] = image
    return []
