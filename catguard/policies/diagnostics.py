"""Faults in the author's words: what JSON Schema says of a policy document, with place and suggestion."""

from __future__ import annotations

import difflib
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from catguard.policies.document import Document, Path
from catguard.policies.keywords import TYPES
from catguard.policies.model import Fault
from catguard.policies.parts import Validators
from catguard.policies.surprises import plain_number

Part = Literal["whole", "included", "combined"]

#: Longest piece of the author's own text that a message repeats.
MAX_QUOTE = 60
_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")
UNKNOWN_KEY = "unknown key"
_NOT_BLANK = r"\S"
#: Keywords of JSON Schema, or of OpenAPI, that shapes do not have, and what is written instead.
_INSTEAD: Mapping[str, str] = {
    "format": "no format is checked: write a `pattern`, and a `title` that says it in words",
    "nullable": 'write type: [..., "null"]',
    "$defs": 'write it under `shapes`, and refer to it with $ref: "#/shapes/NAME"',
    "definitions": 'write it under `shapes`, and refer to it with $ref: "#/shapes/NAME"',
    "discriminator": "a member with a `const` in each branch of `oneOf` tells them apart",
    "additionalItems": "write `prefixItems` for the first items, and `items` for the others",
    "dependencies": "write `dependentRequired` or `dependentSchemas`",
}


def did_you_mean(word: str, candidates: Iterable[str]) -> str | None:
    """Return "did you mean 'x'?" for the nearest candidate, or the list of them where it is short, or None."""
    known = sorted(set(candidates))
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"known: {', '.join(known)}" if 0 < len(known) <= 12 else None


def quote(value: Any) -> str:
    """Return a value as the author wrote it, cut to a readable length."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= MAX_QUOTE else text[: MAX_QUOTE - 1] + "…"


@cache
def policy_schema() -> dict[str, Any]:
    """Return the published schema of the policy format."""
    schema: dict[str, Any] = json.loads(files("catguard.policies").joinpath("schema.json").read_text("utf-8"))
    return schema


@cache
def _schema(part: Part) -> dict[str, Any]:
    schema = policy_schema()
    properties = dict(schema["properties"])
    if part == "included":
        return {**schema, "required": ["catguard"]}
    if part == "combined":
        # Its shapes have the names of their files, each of which was held against the format itself.
        properties["shapes"] = {"type": "object", "additionalProperties": {"$ref": "#/$defs/shape"}}
        return {**schema, "properties": {**properties, "included": True}}
    return schema


@cache
def _validator(part: Part) -> Draft202012Validator:
    return Draft202012Validator(_schema(part))


@cache
def _has_form(part: Part) -> Callable[[Any], bool]:
    """Return what says in a hundredth of the time whether there is anything to tell."""
    return Validators().of(_schema(part)).is_valid


def check_form(document: Document, part: Part = "whole") -> list[tuple[Path | None, Fault]]:
    """Validate a document against the schema of the format.

    Args:
        document: What was written.
        part: "included" for a file that another includes, "combined" for what was put together of several.

    Returns:
        Each fault with the path of what cannot be read because of it, or None.
    """
    if _has_form(part)(document.data):
        return []
    faults: dict[Fault, Path | None] = {}
    for error in _validator(part).iter_errors(document.data):
        for leaf in _leaves(error):
            path = None if _can_be_skipped(leaf) else tuple(leaf.absolute_path)
            faults.update((fault, path) for fault in _faults(leaf, document))
    return [(path, fault) for fault, path in faults.items()]


def _can_be_skipped(error: ValidationError) -> bool:
    """Whether the rest can be read in spite of an error: an unknown key, or a component that lacks one."""
    lacking = error.validator == "required" and len(error.path) == 2 and error.path[0] == "components"
    return error.validator == "additionalProperties" or lacking


def unknown_keys(document: Document) -> set[Path]:
    """Return the paths of the keys that mean nothing where they stand: nothing holds the form of what is below them."""
    leaves = [leaf for error in _validator("combined").iter_errors(document.data) for leaf in _leaves(error)]
    return {(*leaf.absolute_path, key) for leaf in leaves for key in _unknown(leaf)}


def as_meant(document: Document, part: Part = "whole") -> Document:
    """Return a document in which each key that is misspelt, as far as one can tell, is spelt as it was meant.

    So that it is told as misspelt, and nothing is told that only follows from it.
    """
    renamed: dict[Path, str] = {}
    for error in _validator(part).iter_errors(document.data):
        for leaf in _leaves(error):
            schema: Any = leaf.schema
            instance: Any = leaf.instance
            unknown = _unknown(leaf)
            if (meant := _meant(leaf, unknown)) is not None:
                renamed[(*leaf.absolute_path, unknown[0])] = meant
                continue
            free = set(schema.get("properties", {})) - set(instance) if unknown else set()
            for key in unknown:
                if near := difflib.get_close_matches(key, sorted(free), n=1, cutoff=0.6):
                    renamed[(*leaf.absolute_path, key)] = near[0]
                    free -= {near[0]}

    def spelt(value: Any, path: Path) -> Any:
        if isinstance(value, list):
            return [spelt(inner, (*path, index)) for index, inner in enumerate(value)]
        if not isinstance(value, dict):
            return value
        return {renamed.get((*path, key), key): spelt(inner, (*path, key)) for key, inner in value.items()}

    def moved(path: Path) -> Path:
        return tuple(renamed.get(path[: index + 1], step) for index, step in enumerate(path))

    values = {moved(path): place for path, place in document.values.items()}
    keys = {moved(path): place for path, place in document.keys.items()}
    return replace(document, data=spelt(document.data, ()), values=values, keys=keys)


def _meant(error: ValidationError, unknown: list[str]) -> str | None:
    """Return the one key that is missing where the one key that is not known stands: that was meant."""
    schema: Any = error.schema
    instance: Any = error.instance
    missing = [key for key in schema.get("required", ()) if key not in instance] if len(unknown) == 1 else []
    return missing[0] if len(missing) == 1 else None


def check_as_meant(document: Document, part: Part = "whole") -> tuple[Document, list[tuple[Path | None, Fault]]]:
    """Validate a document as `check_form` does; what is misspelt is told as that, and read as it was meant."""
    found = check_form(document, part)
    misspelt = [entry for entry in found if entry[1].message.startswith(UNKNOWN_KEY)]
    if not misspelt:
        return document, found
    meant = as_meant(document, part)
    told = frozenset(misspelt)
    again = [entry for entry in check_form(meant, part) if entry not in told]
    return meant, [*((None, fault) for _, fault in misspelt), *again]


def _unknown(error: ValidationError) -> list[str]:
    schema: Any = error.schema
    instance: Any = error.instance
    if error.validator not in ("additionalProperties", "unevaluatedProperties") or not isinstance(instance, dict):
        return []
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    return [key for key in instance if key not in known and not any(_matches(pattern, key) for pattern in patterns)]


def _leaves(error: ValidationError) -> Iterable[ValidationError]:
    """Yield the errors of the branch that the author most likely meant, for anyOf and oneOf."""
    if error.validator not in ("anyOf", "oneOf") or not error.context:
        return [error]
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context:
        branches.setdefault(inner.schema_path[0], []).append(inner)
    # The branch that failed deepest in the data got furthest; among those the one with the fewest errors.
    best = min(branches.values(), key=lambda branch: (-max(len(inner.path) for inner in branch), len(branch)))
    return [leaf for inner in best for leaf in _leaves(inner)]


def _faults(error: ValidationError, document: Document) -> Iterable[Fault]:
    path: Path = tuple(error.absolute_path)
    name = f"`{path[-1]}`" if path and isinstance(path[-1], str) else "this"
    if error.validator in ("additionalProperties", "unevaluatedProperties") and isinstance(error.instance, dict):
        schema: Any = error.schema
        allowed = sorted(schema.get("properties", {}))
        patterns = schema.get("patternProperties", {})
        unknown = _unknown(error)
        for key in unknown:
            meant = _meant(error, unknown)
            hint = did_you_mean(key, allowed) if meant is None else f"did you mean {meant!r}?"
            if "maxLength" in allowed:
                hint = _INSTEAD.get(key, hint)
            if hint is None or hint.startswith("known:"):
                hint = _deeper(schema, key, error.instance[key]) or hint
            if patterns and (hint is None or hint.startswith("known:")):
                hint = _form(schema) or hint
            if hint is not None and hint.startswith("did") and (letter := _foreign(key)):
                hint = f"{hint} {letter}"
            yield Fault(document.key((*path, key)), f"{UNKNOWN_KEY} {quote(key)}", hint)
        return
    if error.validator == "propertyNames":
        key = str(error.instance)
        yield Fault(document.key((*path, key)), f"the name {quote(key)} {_expects(error.context or [error])}")
        return
    place = document.value(path)
    expected: Any = error.validator_value
    if isinstance(error.instance, str) and isinstance(document.under(path), dict):  # one of its names
        form = _form(error.schema)
        said = "is not how it is written" if form else _expects([error])
        yield Fault(document.key((*path, error.instance)), f"the name {quote(error.instance)} {said}", form)
    elif error.validator == "required":
        instance: Any = error.instance
        missing = [key for key in expected if key not in instance]
        name = name if path else "the file"
        yield Fault(document.key(path), f"{name} lacks {', '.join(f'`{key}`' for key in missing)}")
    elif error.validator == "enum":
        words = [str(word) for word in expected]
        hint = did_you_mean(str(error.instance), words)
        if hint is not None and hint.startswith("known:"):
            hint = None  # the message lists them
        yield Fault(place, f"{name} is {quote(error.instance)}, but must be one of: {', '.join(words)}", hint)
    elif error.validator == "pattern" and expected == _NOT_BLANK:
        yield Fault(place, f"{name} is blank", "say it for whoever is refused, or has to change it")
    elif error.validator == "pattern" and (form := _form(error.schema)):
        yield Fault(place, f"{name} is {quote(error.instance)}, which is not how it is written", form)
    elif error.instance is None and path in document.comments:
        hint = f"a # after a space begins a comment; write {path[-1]}: {quote(document.comments[path])}"
        yield Fault(document.key(path), f"{name} has no value", hint)
    elif error.validator == "const":
        yield Fault(place, f"{name} is {quote(error.instance)}, but must be {quote(expected)}", _written(error))
    else:
        yield Fault(place, f"{name} is {quote(error.instance)}, but {_expects([error])}", _written(error))


def _written(error: ValidationError) -> str | None:
    """Return how a value of a wrong type is written as one of the right type, where that is plain."""
    instance: Any = error.instance
    expected: Any = error.validator_value
    if error.validator == "type" and "array" in expected and isinstance(instance, str):
        return f"write [{instance}]" if len(instance) < MAX_QUOTE else None
    required: Any = error.schema.get("required") if isinstance(error.schema, dict) else None
    if error.validator == "type" and expected == "object" and required and not isinstance(instance, dict | list):
        return f"write {{{', '.join(f'{key}: ...' for key in required)}}}"
    numbers = {"number", "integer"} & {expected} if isinstance(expected, str) else None
    if isinstance(instance, str) and (instance == str(expected) or (numbers and _NUMBER.fullmatch(instance))):
        return f"write {instance} without quotes"
    if isinstance(instance, str) and numbers and (number := plain_number(instance)) is not None:
        return f"write {number}"
    return None


def _deeper(schema: Any, key: str, value: Any) -> str | None:
    """Return how a key is written that stands one level too high, where the level below knows it."""
    properties = schema.get("properties", {}).items()
    holders = [name for name, inner in properties if isinstance(inner, dict) and key in inner.get("properties", {})]
    text = value if isinstance(value, str) else quote(value) if isinstance(value, bool | int | float) else "..."
    return f"write {' or '.join(f'{name}: {{{key}: {text}}}' for name in holders)}" if holders else None


def _foreign(word: str) -> str | None:
    """Return which letter of a word is none of ASCII: it may look like one."""
    letter = next((letter for letter in word if not letter.isascii()), None)
    return None if letter is None else f'"{letter}" is {unicodedata.name(letter, "unnamed")}'


def _form(schema: Any) -> str | None:
    """Return how a value is written in the words of the published schema, which say more than its expression."""
    description = schema.get("description") if isinstance(schema, dict) else None
    return str(description).rstrip(".") if description else None


def _matches(pattern: str, key: str) -> bool:
    return Draft202012Validator({"pattern": pattern}).is_valid(key)


#: The types of JSON Schema in the words of those who write YAML.
_TYPES: Mapping[str, str] = {**TYPES, "null": "empty", "object": "a mapping"}
_EXPECTATIONS: dict[str, Callable[[Any], str]] = {
    "type": lambda value: (
        f"must be {' or '.join(_TYPES[name] for name in ([value] if isinstance(value, str) else value))}"
    ),
    "pattern": lambda value: f"must match {value}",
    "minimum": lambda value: f"must be at least {value}",
    "maximum": lambda value: f"must be at most {value}",
    "exclusiveMinimum": lambda value: f"must be more than {value}",
    "minItems": lambda value: f"must have at least {value} entries",
    "minProperties": lambda value: f"must have at least {value} entries",
    "minLength": lambda value: f"must have at least {value} characters",
    "maxLength": lambda value: f"must have at most {value} characters",
    "uniqueItems": lambda value: "must not repeat an entry",
}


def _expects(errors: Iterable[ValidationError]) -> str:
    texts = []
    for error in errors:
        describe = _EXPECTATIONS.get(str(error.validator))
        texts.append(describe(error.validator_value) if describe else f"does not fit: {error.message[:200]}")
    return " and ".join(texts)
