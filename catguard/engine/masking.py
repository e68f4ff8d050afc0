"""What may be told of an exchange without a value of it: why a rule could not be evaluated, and names in a pointer.

The evaluator's own words may hold values: the key that a map lacks, an index, a pattern. What it says goes to callers,
logs and spans, so that only what is known to be free of values is let through. A name that no policy knows is as good
as a value: who sends a token as a bare query has made a name of it. Its sender is told it, logs and spans are not.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from catguard.engine.codec import pointer
from catguard.errors import EvaluationError
from catguard.policies.keywords import MEMBERS, WHOLE

#: What the evaluator says without naming a value (cel-expr-python 0.1.3).
_HARMLESS = re.compile(
    r"cannot convert \w+ to \w+|String to \w+ conversion failed|Type conversion error from '\w+' to '\w+'"
    r"|an operation does not go with these types: [\w@!?&|<>=+*/%.,()\[\] -]+|(divide|modulus) by zero"
    r"|(integer|int64|uint64|double|duration|timestamp) overflow|\w+ out of \w+ range|Iteration budget exceeded"
    r"|malformed UTF-8 bytes|there is no fact( [\w.']+)?"
)
_VARIABLE = re.compile(r"(variables\.\w+: )?(.*)", re.DOTALL)
_MEMBER = re.compile(r"there is no member '(.*)'", re.DOTALL)
#: What stands for a name that a caller made up, as for its segments of a path.
MASK = "*"
#: Digits of an index; a longer number in a pointer's text may be the name of a member.
_INDEX = re.compile(r"[0-9]{1,4}")
#: A name among the words of a limit.
_WORD = re.compile(r"[^\s,;]+")


def without_name(step: str | int, known: Collection[str]) -> str | int:
    """Return a step to a place in a value, but for a name that is not among those that the policy knows."""
    return step if isinstance(step, int) or step in known else MASK


def without_names(where: str, known: Collection[str]) -> str:
    """Return a JSON Pointer without the names that the policy does not know, but for its first step, the part."""
    part, *steps = where.split("/")[1:]
    names = (step.replace("~1", "/").replace("~0", "~") for step in steps)
    return pointer(part, *(name if _INDEX.fullmatch(name) else without_name(name, known) for name in names))


def without_named(where: str, assumption: str, limit: str) -> str:
    """Return a JSON Pointer that another tier sent without names that neither the assumption's id nor its limit has."""
    *path, keyword = assumption.split("/")
    steps = where.split("/")[1:]
    if not path or len(steps) <= 1:
        return where  # where a rule or a limit is broken, the policy says
    if keyword in MEMBERS:
        path.append(MASK)
    known = _WORD.findall(limit)
    shown = [
        step if _INDEX.fullmatch(step) or (step == path[at] if at < len(path) else step in known) else MASK
        for at, step in enumerate(steps)
    ]
    return "".join(f"/{step}" for step in shown)


def may_name(assumption: str) -> bool:
    """Whether the message of an assumption, by its id, may hold a name that the policy does not know."""
    return assumption.rpartition("/")[2] in (*MEMBERS, *WHOLE)


def failure_text(error: EvaluationError, expression: str) -> str:
    """Return why an expression could not be evaluated; of names only those that its author wrote."""
    found = _VARIABLE.fullmatch(str(error))
    prefix, text = (found[1] or "", found[2]) if found else ("", "")
    if member := _MEMBER.fullmatch(text):
        written = re.search(rf"(?<!\w){re.escape(member[1])}(?!\w)", expression) is not None
        return f"{prefix}there is no member '{member[1]}'" if written else f"{prefix}a member is absent"
    if _HARMLESS.fullmatch(text):
        return prefix + text
    if text.startswith("Index error"):
        return f"{prefix}an index lies outside of its list"
    if text.startswith("invalid regular expression"):
        return f"{prefix}a pattern is no regular expression"
    return f"{prefix}an operation failed on these values"
