"""What is wrong with the patterns of a shape, in words: where each is written, and what the engine objects to."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any

from catguard.policies.diagnostics import quote
from catguard.policies.keywords import subschemas
from catguard.policies.model import Fault, SchemaPath, Shape
from catguard.policies.parts import Validators

#: What no engine matches in linear time: look-around and back-references.
_NOT_LINEAR = re.compile(r"\(\?<?[=!]|\(\?P=|(?<!\\)(?:\\\\)*\\[1-9k]")

_REPEATED = re.compile(r"\{([0-9]{1,9})(?:,([0-9]{0,9}))?\}")


def pattern_faults(shape: Shape, validators: Validators) -> Iterator[Fault]:
    """Yield the faults of the patterns of a shape, each where it is written; a shape of several users has each once."""
    for path, pattern, _ in patterns_of(shape.schema):
        try:
            validators.of({"pattern": pattern})
        except ValueError:
            yield Fault(shape.place(path), *_words(pattern, validators))


def _words(pattern: str, validators: Validators) -> tuple[str, str]:
    if _NOT_LINEAR.search(pattern):
        message = (
            f"the pattern {quote(pattern)} has look-around or a back-reference, which no engine matches in linear time"
        )
        return message, "catguard lint --explain pattern-not-linear shows what to write"
    if _is_too_large(pattern, validators):
        message = f"the pattern {quote(pattern)} is too large for its engine once its repetitions are written out"
        return message, "repeat less, and bound the text by maxLength"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what Python will read otherwise one day
            re.compile(pattern)
        reason = "the engine of JSON Schema's patterns does not know what is in it"
    except (re.error, OverflowError) as error:
        reason = str(error).replace("at position", "at character")
    except RecursionError:
        reason = "it is nested too deeply"
    return (
        f"the pattern {quote(pattern)} is no regular expression: {reason}",
        "a backslash before a sign means the sign",
    )


def _is_too_large(pattern: str, validators: Validators) -> bool:
    """Whether the engine knows all that is in a pattern, and only the numbers of repetitions are too high for it."""
    if all(int(found[1]) <= int(found[2] or found[1]) for found in _REPEATED.finditer(pattern)):
        try:
            validators.of({"pattern": _REPEATED.sub("{1}", pattern)})
        except ValueError:
            return False
        return _REPEATED.search(pattern) is not None
    return False


def patterns_of(schema: Any, path: SchemaPath = ()) -> Iterator[tuple[SchemaPath, str, int | None]]:
    """Yield each pattern of a schema with its path, and the longest text that it is asked of, if that is bounded."""
    if not isinstance(schema, dict):
        return
    if isinstance(schema.get("pattern"), str):
        yield (*path, "pattern"), schema["pattern"], schema.get("maxLength")
    names = schema.get("propertyNames")
    longest = names.get("maxLength") if isinstance(names, dict) else None
    for name in schema.get("patternProperties", {}):
        yield (*path, "patternProperties", name), name, longest
    for step, inner in subschemas(schema):
        yield from patterns_of(inner, (*path, *step))
