"""Why a rule could not be evaluated, in words that hold no value of the exchange.

The evaluator's own words may: the key that a map lacks, an index, a pattern. What it says goes to callers, logs and
spans, so that only what is known to be free of values is let through.
"""

from __future__ import annotations

import re

from catguard.errors import EvaluationError

#: What the evaluator says without naming a value (cel-expr-python 0.1.3).
_HARMLESS = re.compile(
    r"cannot convert \w+ to \w+|String to \w+ conversion failed|Type conversion error from '\w+' to '\w+'"
    r"|an operation does not go with these types: [\w@!?&|<>=+*/%.,()\[\] -]+|(divide|modulus) by zero"
    r"|(integer|int64|uint64|double|duration|timestamp) overflow|\w+ out of \w+ range|Iteration budget exceeded"
    r"|malformed UTF-8 bytes|there is no fact( [\w.']+)?"
)
_VARIABLE = re.compile(r"(variables\.\w+: )?(.*)", re.DOTALL)
_MEMBER = re.compile(r"there is no member '(.*)'", re.DOTALL)


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
