"""Refusals by policy, in words of people: what the picture is, the limit that it breaks, why that is one, and where."""

from collections.abc import Iterable, Iterator

import catguard
from catguard_store.admission import Candidate
from catguard_store.imports.report import Refusal


def refusal_of(name: str, error: catguard.CallRefused, candidate: Candidate) -> Refusal:
    """What a policy said of a picture.

    Args:
        name: Of the file.
        error: What was raised instead of admitting it.
        candidate: What was not admitted.
    """
    said = dict.fromkeys((*_is(error.denied, candidate), *_breaks(error.denied)))
    first = error.denied[0]
    return Refusal(name, "; ".join(said), first.assumption, first.policy)


def _is(violations: Iterable[catguard.Violation], candidate: Candidate) -> Iterator[str]:
    """What it is in those respects that the violations are about."""
    about = {part for violation in violations for part in violation.where.split("/")}
    if "frames" in about:
        yield f"is animated ({candidate.frames} frames)"
    if about & {"width", "height"}:
        area = candidate.width * candidate.height
        megapixels = f", {area / 1e6:,.{2 if area < 1e8 else 0}f} megapixels" if area >= 1e6 else ""
        yield f"is {candidate.width}x{candidate.height} pixels{megapixels}"
    if "bytes" in about:
        yield f"has {candidate.bytes} bytes"
    if "licence" in about and not candidate.proposal.licence:
        yield "has no licence"


def _breaks(violations: Iterable[catguard.Violation]) -> Iterator[str]:
    """The limits with their reasons; what has the same limit for the same reason is told together."""
    subjects: dict[tuple[str, str], list[str]] = {}
    for violation in violations:
        subject, must, limit = violation.message.partition(" must ")
        told = violation.assumption.endswith("/minLength")  # that it has none is said already
        plain = violation.kind == "shape" and must and violation.why and not told
        key = (f"{must}{limit}: {violation.why}", "") if plain else ("", violation.why or violation.message)
        subjects.setdefault(key, []).append(subject)
    for (limit, reason), names in subjects.items():
        yield f"{' and '.join(dict.fromkeys(names))}{limit}" if limit else reason
