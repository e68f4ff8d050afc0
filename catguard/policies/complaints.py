"""What the parser and the checker of CEL say of an expression, in the words of the policy's author."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from catguard.policies.diagnostics import did_you_mean
from catguard.policies.syntax import Call, Literal, Node, children, walk

#: How the functions and macros of CEL are called (cel-spec, langdef.md, "List of Standard Definitions").
USAGES: dict[str, str] = {
    "all": "list.all(item, condition)",
    "bool": "bool('true')",
    "bytes": "bytes('text')",
    "contains": "text.contains('part')",
    "double": "double(1)",
    "duration": "duration('90s')",
    "dyn": "dyn(value)",
    "endsWith": "text.endsWith('end')",
    "exists": "list.exists(item, condition)",
    "exists_one": "list.exists_one(item, condition)",
    "filter": "list.filter(item, condition)",
    "has": "has(record.field)",
    "int": "int('1')",
    "map": "list.map(item, value)",
    "matches": "text.matches('^pattern$')",
    "size": "size(list)",
    "startsWith": "text.startsWith('start')",
    "string": "string(1)",
    "timestamp": "timestamp('2026-01-31T00:00:00Z')",
    "type": "type(value)",
    "uint": "uint(1)",
    **{
        f"get{part}": f"timestamp(text).get{part}()"
        for part in ("FullYear", "Month", "Date", "DayOfMonth", "DayOfWeek", "DayOfYear", "Hours", "Minutes", "Seconds")
    },
    "getMilliseconds": "timestamp(text).getMilliseconds()",
    **{name: f"math.{name}(1)" for name in ("abs", "bitNot", "sign", "sqrt")},
    **{name: f"math.{name}(1.5)" for name in ("ceil", "floor", "isFinite", "isInf", "isNaN", "round", "trunc")},
    **{name: f"math.{name}(1, 2)" for name in ("bitAnd", "bitOr", "bitShiftLeft", "bitShiftRight", "bitXor")},
    "greatest": "math.greatest(1, 2)",
    "least": "math.least(1, 2)",
    "charAt": "text.charAt(0)",
    "format": "'%d of %d'.format([1, 2])",
    "indexOf": "text.indexOf('part')",
    "join": "['a', 'b'].join(', ')",
    "lastIndexOf": "text.lastIndexOf('part')",
    "lowerAscii": "text.lowerAscii()",
    "quote": "strings.quote(text)",
    "replace": "text.replace('part', 'other')",
    "reverse": "text.reverse()",
    "split": "text.split(',')",
    "substring": "text.substring(0, 3)",
    "trim": "text.trim()",
    "upperAscii": "text.upperAscii()",
}
#: What stands before the functions of the extensions, and is no fact.
NAMESPACES = ("math", "strings")
#: What `math.greatest` and `math.least` are replaced with.
EXPANDED = ("math.@max", "math.@min")
#: What the parser replaces, where it is called with the right number of arguments.
MACROS = ("all", "exists", "exists_one", "filter", "has", "map")
_OPERATORS = {"_[_]": "[ ]", "_?_:_": "? :", "@in": "in", "!_": "!", "-_": "-"}
_LINE = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_RESERVED = "as break const continue else false for function if import in let loop namespace null package return true"
_INSTEAD = {
    "and": "&&",
    "or": "||",
    "not": "!",
    "is": "==",
    "=": "==",
    "===": "==",
    "&": "&&",
    "|": "||",
    "<>": "!=",
    "=>": ">=",
    "=<": "<=",
}


#: Words of other languages.
_ELSEWHERE = {
    **{"True": "true", "False": "false", "None": "null", "nil": "null", "undefined": "null"},
    **{"len": "size", "length": "size", "any": "exists", "some": "exists", "every": "all", "includes": "contains"},
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something wrong at an offset into an expression."""

    position: int
    message: str
    hint: str | None = None


def suggest(word: str, known: Iterable[str]) -> str | None:
    """Return what an unknown word may have meant."""
    return f"write {_ELSEWHERE[word]}" if word in _ELSEWHERE else did_you_mean(word, known)


def syntax_complaint(error: str, text: str) -> Complaint:
    """Return what the parser could not read; only the first place counts, the rest follows from it."""
    position, message = next(_entries(error, text), (0, error))
    rest = text[position:]
    if found := re.match(r"Syntax error: token recognition error at: '(.*)'\Z", message):
        token = found[1].strip()
        if token[:1] in ("'", '"'):
            return Complaint(position, "a string has no end", "close it with the quote that it begins with")
        return Complaint(position, f"{token!r} is no operator of CEL", _instead(token, text, position))
    if found := re.match(r"Syntax error: missing '(.*)' at", message):
        return Complaint(position, f"a {found[1]!r} is missing")
    if found := re.match(r"Syntax error: no viable alternative at input '\.(.*)'", message):
        if found[1] in _RESERVED.split():
            return Complaint(
                position, f"{found[1]!r} is a reserved word", f"write ['{found[1]}'] instead of .{found[1]}"
            )
        return Complaint(position, f"{found[1] or rest[:1]!r} cannot follow a dot")
    if message.startswith("Syntax error") and not rest.strip():
        wanted = re.search(r"expecting (?:'(.)'|\{'(.)', ',')", message)
        hint = f"a {(wanted[1] or wanted[2])!r} is missing" if wanted else None
        return Complaint(position, "the expression ends too early", hint)
    if message.startswith("Syntax error"):
        found = re.match(r"\w+|\S", rest)
        token = found[0] if found else rest[:1]
        return Complaint(position, f"{token!r} is not expected here", _instead(token, text, position))
    return _plain_complaint(position, message)


def _instead(token: str, text: str, position: int) -> str | None:
    """Suggest the operator of CEL for one of another language at or before a place."""
    before = text[:position].split()
    for word in (token, before[-1] if before else "", text[max(position - 1, 0) : position + 1]):
        if word in _INSTEAD:
            return f"write {_INSTEAD[word]}"
    if "=" in token and set(token) == {"="}:
        return "write =="
    return None


def type_complaints(
    error: str, text: str, tree: Node, chain: Callable[[Node], str | None], origins: Sequence[int]
) -> Iterator[tuple[bool, Complaint]]:
    """Yield what the checker says, each with whether it only follows from an unknown name.

    Args:
        error: the text of the checker's exception.
        text: what was checked.
        tree: the parsed tree of what the author wrote.
        chain: gives the author's text of a node, where it is a chain of names.
        origins: the offset in the author's text of each offset of what was checked.
    """
    entries = list(_entries(error, text))
    if not entries:
        yield False, _plain_complaint(0, error)
    for offset, message in entries:
        position = origins[min(offset, len(origins) - 1)]
        follows = "*error*" in message or message.startswith(("undefined field", "undeclared reference"))
        if found := re.match(r"found no matching overload for '(.*)' applied to '\((.*)\)'", message):
            at = [node for node in walk(tree) if node.position == position and isinstance(node, Call)]
            call = next((node for node in at if node.function == found[1]), None)
            parts = children(call) if call else ()
            # What is read of a record is judged by the walk over the reads; here it is no news.
            follows = follows or (found[1] in ("_[_]", "@in") and "facts." in found[2])
            yield follows, _overload(position, found[1], _split(found[2]), parts, chain)
        elif found := re.match(r"expression of type '(.*)' cannot be the range", message):
            words = f"all(), exists(), map() and filter() go through lists and maps; this is {_name(found[1])}"
            yield follows, Complaint(position, words, "wrap it in dyn()" if found[1] == "dyn" else None)
        elif found := re.match(r"expression of type '(.*)' cannot be the operand of a select", message):
            hint = "take one item, or go through all: list.all(item, item.field == 1)" if "list" in found[1] else None
            yield follows, Complaint(position + 1, f"{_name(found[1])} has no fields", hint)
        elif found := re.match(r"undeclared reference to '(\w+)'", message):
            name = found[1]
            hint = f"it is called like this: {USAGES[name]}" if name in USAGES else None
            yield name in MACROS or not hint, Complaint(position, f"{name}() is not called like this", hint)
        else:
            yield follows, _plain_complaint(position, message)


def _plain_complaint(position: int, message: str) -> Complaint:
    """Return a complaint that names no types."""
    if message.startswith("has() argument must be"):
        return Complaint(position, "has() asks for a field, has(a.b)", "of a map or of headers: 'name' in a")
    if "variable name must be a simple identifier" in message:
        return Complaint(position, "the first argument of a macro names its variable", "list.all(item, item > 1)")
    if message.startswith("invalid int literal"):
        return Complaint(position, "an integer of CEL has 64 bits; this one is larger")
    if (
        "recursion limit" in message or "recursion depth" in message
    ):  # as the parser and as the maker of the tree say it
        return Complaint(position, "the expression is nested more than 32 deep", "give its parts names: `variables`")
    if found := re.match(r"reserved identifier: (\w+)", message):
        hint = "CEL decides by: condition ? value : other" if found[1] in ("if", "else") else None
        return Complaint(position, f"{found[1]!r} is a reserved word", hint)
    return Complaint(position, f"not valid CEL: {message}")


def _overload(
    position: int, function: str, types: list[str], parts: Sequence[Node], chain: Callable[[Node], str | None]
) -> Complaint:
    """Say which operation does not go with which types."""
    operator = _OPERATORS.get(function, function.strip("_"))
    texts = [chain(part) for part in parts] if len(parts) == len(types) else [None] * len(types)
    names = [f"{text} ({_name(kind)})" if text else _name(kind) for text, kind in zip(texts, types, strict=True)]
    if function in ("_&&_", "_||_", "!_", "_?_:_"):
        wrong = [(n, kind) for n, kind in enumerate(types if function != "_?_:_" else types[:1]) if kind != "bool"]
        if wrong:
            return Complaint(position, f"`{operator}` wants true or false, not {names[wrong[0][0]]}")
        return Complaint(position, f"both outcomes of `? :` have one type, not {' and '.join(names[1:])}")
    if "null_type" in types:
        fact = next((text for text in texts if text), "the field")
        return Complaint(position, f"{fact} is never null", f"ask whether it is there: has({fact})")
    if function == "_[_]":
        hint = "write it without parentheses: record['name']" if types[0].startswith("facts.") else None
        return Complaint(position, f"`[ ]` takes no {names[-1]} for {names[0]}", hint)
    if function == "@in":
        hint = "`in` looks for an item in a list, or for a key in a map or record"
        return Complaint(position, f"`in` cannot find {names[0]} in {names[-1]}", hint)
    if function in USAGES or not function.startswith(("_", "-", "!")):
        usage = f"it is called like this: {USAGES[function]}" if function in USAGES else None
        return Complaint(position, f"{function}() does not take {' and '.join(names)}", usage)
    return Complaint(position, f"`{operator}` does not go with {' and '.join(names)}", _conversion(types, parts, texts))


def _conversion(types: list[str], parts: Sequence[Node], texts: Sequence[str | None]) -> str | None:
    """Suggest how two types become one."""
    literals = [part for part in parts if isinstance(part, Literal)]
    literal = literals[0].value if len(literals) == 1 else None
    if set(types) == {"int", "double"}:
        if type(literal) is int:
            return f"write {literal}.0"
        if type(literal) is float and literal.is_integer():
            return f"write {int(literal)}"
        whole = next((text for kind, text in zip(types, texts, strict=True) if kind == "int" and text), "integer")
        return f"convert the integer: double({whole})"
    if "string" in types and isinstance(literal, str):
        if re.fullmatch(r"-?\d+(\.\d+)?|true|false", literal):
            return f"write {literal} without quotes"
        return None
    if "string" in types and isinstance(literal, bool | int | float):
        return f"write '{str(literal).lower()}' in quotes"
    if "string" in types and set(types) & {"int", "double"}:
        other = next((text for kind, text in zip(types, texts, strict=True) if kind != "string" and text), "number")
        return f"convert the number: string({other})"
    return None


def _name(kind: str) -> str:
    """Return a type of CEL in words."""
    if kind.startswith("facts."):
        return "a record"
    if found := re.fullmatch(r"wrapper\((.*)\)", kind):
        return f"{found[1]} or null"
    if found := re.fullmatch(r"list\((.*)\)", kind):
        return "a list" if found[1] == "dyn" else f"a list of {_name(found[1])}"
    if kind.startswith("map("):
        return "a map"
    return {"null_type": "null", "dyn": "a value of no declared type"}.get(kind, kind)


def _split(types: str) -> list[str]:
    """Split a list of types at its outer commas."""
    parts, depth = [""], 0
    for character in types:
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def _entries(error: str, text: str) -> Iterator[tuple[int, str]]:
    """Yield the offset and message of each entry of an error text of the parser or checker."""
    lines = text.split("\n")
    for found in _LINE.finditer(error.removesuffix(" [INVALID_ARGUMENT]")):
        line, column = int(found[1]), int(found[2])
        if line <= len(lines):
            yield sum(len(before) + 1 for before in lines[: line - 1]) + column - 1, found[3]
