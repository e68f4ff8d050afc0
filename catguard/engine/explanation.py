"""What a broken shape is told as: the innermost error that helps, where it is, and what is allowed there.

"Is not valid under any of the given schemas" helps nobody. Where one of several branches had to fit, the one that was
meant is picked: by a member whose values tell the branches apart, else the one that lacks least; several where they are
equally near.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from catguard.engine.codec import MAX_NAME, pointer
from catguard.engine.decision import Violation, violated
from catguard.engine.masking import MASK, without_name
from catguard.policies.keywords import MEMBERS, NOTHING, types_of
from catguard.policies.model import Assumption, Side
from catguard.policies.parts import CompiledPart, ShapeError

#: Parts of a request that stand in its head: what is wrong with them is a bad request, not a bad body.
HEAD_PARTS = ("params", "query", "headers")
#: Branches that are told when they are equally near.
MAX_NEAR = 3
#: Undeclared members that are told by name.
MAX_NAMES = 5
#: Longest limit that a message repeats: an enum may have hundreds of values.
MAX_LIMIT = 400
_WHOLES = {"params": "the path"}

#: Keywords that say what a value has, not what it is.
_HAVING = frozenset(
    (
        *("maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties"),
        *("contains", "maxContains", "minContains", "uniqueItems", "items"),
    )
)

Branch = Sequence[ShapeError]


def shape_violation(error: ShapeError, part: CompiledPart, side: Side, value: Any, near: Any) -> Violation:
    """Return the violation of a shape; `value` is that of the whole part, `near` the nearest that would pass."""
    where, text = _told(error, part.shape.part, value)
    hidden = _told(_without_names(error, part.words), part.shape.part, value)
    return violation_of(error.assumption, part.shape.part, where, text, side, near=near, hidden=hidden)


def violation_of(
    assumption: Assumption,
    part: str,
    where: tuple[str | int, ...],
    text: str,
    side: Side,
    *,
    hidden: tuple[tuple[str | int, ...], str],
    near: Any = None,
) -> Violation:
    """Return the violation of a shape's assumption at a place in a part; `hidden` is both without made-up names."""
    of_request = 400 if part in HEAD_PARTS else 422
    status = of_request if assumption.phase == "request" else 500
    shown = pointer(part, *(step[:MAX_NAME] if isinstance(step, str) else step for step in where))
    masked = (pointer(part, *hidden[0]), hidden[1])
    return violated(assumption, side, where=shown, message=text, status=status, nearest=near, masked=masked)


def subject_of(part: str, where: Sequence[str | int]) -> str:
    """Return what people call a place in a part: the name of a member, `tags[1]` for an item."""
    named = [index for index, step in enumerate(where) if isinstance(step, str)]
    items = "".join(f"[{step}]" for step in where[(named[-1] + 1 if named else 0) :])
    name = str(where[named[-1]])[:MAX_NAME] if named else part
    if name == MASK:
        name = f"a member of {subject_of(part, where[: named[-1]])}"
    return f"{name}{items}" if where else _WHOLES.get(part, f"the {part}")


def _without_names(error: ShapeError, words: Collection[str]) -> ShapeError:
    """Return an error without the names that the schema does not have."""
    names = error.names
    if error.keyword in MEMBERS or "propertyNames" in error.path[-2:]:
        names = tuple(dict.fromkeys(str(without_name(name, words)) for name in names))
    branches = tuple(tuple(_without_names(inner, words) for inner in branch) for branch in error.branches)
    at = tuple(without_name(step, words) for step in error.pointer)
    return replace(error, pointer=at, names=names, branches=branches)


def _told(error: ShapeError, part: str, value: Any, *, inside: bool = False) -> tuple[tuple[str | int, ...], str]:
    """Return where an error is, and its words; `inside` those of another."""
    where, limit = error.pointer, _shortened(error.limit)
    subject = subject_of(part, where)
    if error.branches:
        return _of_branches(error, part, value, subject)
    if error.keyword == "required" and error.names:
        return (*where, error.names[0]), f"{error.names[0]} must be given"
    if error.keyword == "dependentRequired" and error.names:
        lacking, *given = error.names
        return (*where, lacking), f"{lacking} must be given where {' and '.join(given)} is given"
    if error.keyword in MEMBERS and error.names:
        declared = "nothing is" if error.limit == "empty" else f"there is {limit}"
        text = _undeclared(error, _value_at(value, where))
        return (*where, error.names[0]), f"{text} ({declared})" if inside else f"{text}; {declared}"
    if part in HEAD_PARTS and error.keyword in ("type", "enum", "const") and _is_repeated(value, where):
        return where, f"{subject} must come once"  # what is repeated was read as an array
    if "propertyNames" in error.path[-2:-1]:
        (name,) = error.names or (MASK,)
        subject = f"{'a name' if name == MASK else f'the name {name[:MAX_NAME]!r}'} in {subject}"
    if error.keyword == "not":
        allowed = limit.removeprefix("not ")
        if limit == "absent" and "properties" not in error.path[-3:] and "patternProperties" not in error.path[-3:]:
            return where, f"{subject} is not allowed like this"
        text = "not be given" if limit == "absent" else f"{'be' if allowed == limit else 'not be'} {allowed}"
        return where, f"{subject} must {text}"
    if error.keyword == "pattern" and error.title:
        return where, f"{subject} must be {error.title}"
    return where, f"{subject} must {'have' if error.keyword in _HAVING else 'be'} {limit}"


def _undeclared(error: ShapeError, record: Any) -> str:
    """Say which members are not declared, and what they were most likely meant to be."""
    if error.names == (MASK,):
        return "a member is not declared"
    free = [name for name in error.declared if name not in record]
    shown = []
    for name in error.names[:MAX_NAMES]:
        near = difflib.get_close_matches(name[:MAX_NAME], free, n=1, cutoff=0.7)
        shown.append(f"{name[:MAX_NAME]!r} (did you mean {near[0]!r}?)" if near else repr(name[:MAX_NAME]))
    more = f" and {len(error.names) - MAX_NAMES} more" if len(error.names) > MAX_NAMES else ""
    return f"{', '.join(shown)}{more} {'is' if len(error.names) == 1 else 'are'} not declared"


def _value_at(value: Any, where: Sequence[str | int]) -> Any:
    for step in where:
        try:
            value = value[step]
        except (KeyError, TypeError):
            return ()  # its names are not told
    return value


def _shortened(limit: str) -> str:
    """Return a limit as a message tells it; the limit itself stands beside it."""
    return limit if len(limit) <= MAX_LIMIT else f"{limit[:MAX_LIMIT].rpartition(', ')[0]} and others"


def _of_branches(error: ShapeError, part: str, value: Any, subject: str) -> tuple[tuple[str | int, ...], str]:
    fitting = sum(not branch for branch in error.branches)
    if fitting > 1:
        return error.pointer, f"{subject} must be {error.limit}; {fitting} of them fit"
    meant = meant_branches(error)
    told = [[_told(inner, part, value, inside=True) for inner in branch] for branch in meant]
    places = {place for branch in told for place, _ in branch}
    where = places.pop() if len(places) == 1 else error.pointer
    allowed = _all_of_one_kind(meant)
    if allowed is not None:
        return where, f"{subject_of(part, where)} must be {allowed}"
    texts = dict.fromkeys(" and ".join(dict.fromkeys(text for _, text in branch)) for branch in told)
    others = ["another branch must fit"] if len(texts) > MAX_NEAR else []
    return where, ", or ".join([*islice(texts, MAX_NEAR), *others])


def meant_branches(error: ShapeError) -> list[Branch]:
    """Return the branches of which one was most likely meant."""
    alternatives = [(branch, schema) for branch, schema in _flat(error) if branch]
    alternatives = [pair for pair in alternatives if pair[1] != NOTHING] or alternatives
    branches = [branch for branch, _ in alternatives]
    typed = [branch for branch in branches if not any(_is_of_another_type(inner, error) for inner in branch)]
    if typed:
        branches = typed
    told_apart = [branch for branch in branches if not _has(branch, ("const", "enum"), error.pointer, below=1)]
    if told_apart and len(told_apart) < len(branches):
        branches = told_apart
    elif not told_apart:
        # What tells the branches apart fits none of them: that is what is wrong, whatever else is.
        keywords, at = ("const", "enum"), error.pointer
        return [[inner for inner in branch if _is_at(inner, keywords, at, 1)] for branch in branches]
    least = min(map(_weight, branches))
    near = [branch for branch in branches if _weight(branch) == least]
    unbegun: list[Branch] = [
        branch for branch, schema in alternatives if branch in branches and _is_unbegun(branch, schema, error.pointer)
    ]
    # Where nothing of any has been given, the shortest is meant no more than the others.
    return unbegun if all(branch in unbegun for branch in near) else near


def _flat(error: ShapeError) -> Iterator[tuple[Branch, Any]]:
    """Yield the branches with their schemas, and those of a branch that is nothing but branches again."""
    for branch, schema in zip(error.branches, error.alternatives, strict=True):
        if len(branch) == 1 and branch[0].pointer == error.pointer and branch[0].branches and all(branch[0].branches):
            yield from _flat(branch[0])
        else:
            yield branch, schema


def _is_of_another_type(inner: ShapeError, whole: ShapeError) -> bool:
    """Whether an error in a branch says that values of the type that came are not meant by it."""
    if inner.pointer != whole.pointer:
        return False
    if inner.keyword in ("enum", "const"):
        kinds = types_of({key: inner.around[key] for key in ("enum", "const") if key in inner.around})
        return not kinds & ({"integer", "number"} if whole.kind in ("integer", "number") else {whole.kind})
    return inner.keyword == "type"


def _is_unbegun(branch: Branch, schema: Any, at: tuple[str | int, ...]) -> bool:
    """Whether all that a branch wants is members, and there are none of them."""
    lacking = all(inner.keyword == "required" and inner.pointer == at for inner in branch)
    return lacking and isinstance(schema, dict) and len(branch) == len(schema.get("required", ()))


def _weight(branch: Branch) -> int:
    """Return how much a branch lacks: an undeclared member says more against it than a bound that is exceeded."""
    return sum(2 if inner.keyword in MEMBERS else 1 for inner in branch)


def _has(branch: Branch, keywords: tuple[str, ...], at: tuple[str | int, ...], *, below: int = 0) -> bool:
    return any(_is_at(inner, keywords, at, below) for inner in branch)


def _is_at(inner: ShapeError, keywords: tuple[str, ...], at: tuple[str | int, ...], below: int) -> bool:
    return inner.keyword in keywords and len(inner.pointer) == len(at) + below


def _all_of_one_kind(branches: Sequence[Branch]) -> str | None:
    """Return what is allowed where all branches want another value, or another type, of the same thing."""
    inner = [found for branch in branches for found in branch]
    keywords = {found.keyword for found in inner}
    if len({found.pointer for found in inner}) != 1 or not keywords <= {"type", "const", "enum"} or len(inner) < 2:
        return None
    limits = [found.limit.removeprefix("one of ") for found in inner]
    if keywords == {"type"}:
        return " or ".join(dict.fromkeys(limits))
    return f"one of {', '.join(dict.fromkeys(limits))}"


def _is_repeated(record: Any, where: tuple[str | int, ...]) -> bool:
    return len(where) == 1 and isinstance(record, dict) and type(record.get(str(where[0]))) is list
