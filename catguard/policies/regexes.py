"""What is wrong with the patterns of a shape, in words: where each is written, and what the engine objects to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from catguard.policies.diagnostics import quote
from catguard.policies.keywords import subschemas
from catguard.policies.model import Fault, SchemaPath, Shape
from catguard.policies.parts import Validators

#: What no engine matches in linear time: look-around and back-references.
_NOT_LINEAR = re.compile(r"\(\?<?[=!]|\(\?P=|(?<!\\)(?:\\\\)*\\[1-9k]")


def pattern_faults(shape: Shape, validators: Validators) -> Iterator[Fault]:
    """Yield the faults of the patterns of a shape, each where it is written; a shape of several users has each once."""
    for path, pattern, _ in patterns_of(shape.schema):
        try:
            validators.of({"pattern": pattern})
        except ValueError:
            yield Fault(shape.place(path), *_words(pattern))


def _words(pattern: str) -> tuple[str, str]:
    if _NOT_LINEAR.search(pattern):
        message = (
            f"the pattern {quote(pattern)} has look-around or a back-reference, which no engine matches in linear time"
        )
        return message, "catguard lint --explain pattern-not-linear shows what to write"
    try:
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
