"""What a piece of SQL text does, as far as its words show: the operation, whether it is one statement, a text to show.

SQL text is read, not parsed: words, strings, quoted names, comments and parentheses are told apart, nothing more. That
is enough to hold a text against the operation of the boundary that the code names for it; which tables a text touches
is left to the boundary.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

#: Longest text shown; the semantic conventions leave the length to the instrumentation.
MAX_SHOWN: Final = 2_000

_TOKEN: Final = re.compile(
    r"""
      (?P<comment> --[^\n]* | /\*.*?\*/ )
    | (?P<string> [eE]'(?:[^'\\]|\\.|'')*' | [bBxXnN]?'(?:[^']|'')*' | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$ )
    | (?P<quoted> "(?:[^"]|"")*" | `[^`]*` )
    | (?P<placeholder> [:$]\w+ )
    | (?P<word> [^\W\d][\w$]* )
    | (?P<number> \d+(?:\.\d+)?(?:[eE][+-]?\d+)? )
    | (?P<mark> [();] )
    """,
    re.VERBOSE | re.DOTALL,
)
#: What begins a literal or a comment, where its end was not found.
_OPEN: Final = re.compile(r"""['"`]|/\*|\$\w*\$""")
_WRITING: Final = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE"})
_MAIN: Final = _WRITING | {"SELECT", "VALUES", "TABLE"}
#: Their bodies hold statements of their own, with semicolons between them.
_WITH_BODY: Final = frozenset({"TRIGGER", "FUNCTION", "PROCEDURE"})
_CONTROL: Final = frozenset({"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"})


@dataclass(frozen=True, slots=True)
class SqlText:
    """What the words of an SQL text show.

    `operation` is its leading keyword, or for WITH that of the statement behind it; a SELECT that writes (a
    data-modifying WITH, SELECT INTO) is named by what it writes with. Two that write are joined by " and ".
    `several` means more than one statement; `control` that it only begins, ends or marks a transaction.
    """

    operation: str
    several: bool
    control: bool


@dataclass(slots=True)
class _Word:
    text: str
    depth: int
    opens: bool  # the first word in its parentheses


def read_text(sql: str) -> SqlText:
    """Return what the words of an SQL text show."""
    words: list[_Word] = []
    depth = 0
    opened = ended = several = False
    for token in _TOKEN.finditer(sql):
        kind, text = token.lastgroup, token.group()
        if token["tag"] is not None:
            kind = "string"
        if kind == "comment":
            continue
        if text == ";":
            ended = True
            continue
        several = several or ended
        if text == "(":
            depth, opened = depth + 1, True
            continue
        if text == ")":
            depth -= 1
        elif kind == "word":
            words.append(_Word(text.upper(), depth, opened))
        opened = False
    names = [word.text for word in words]
    first = names[0] if names else ""
    has_body = first == "CREATE" and not _WITH_BODY.isdisjoint(names[:6])
    control = not several and (first in _CONTROL or names[:2] in (["START", "TRANSACTION"], ["PREPARE", "TRANSACTION"]))
    return SqlText(operation=_operation(words), several=several and not has_body, control=control)


def _operation(words: list[_Word]) -> str:
    """Return the operation of a statement, given its words."""
    if not words:
        return ""
    first = words[0].text
    if first not in {"WITH", "SELECT"}:
        return first
    outer = [word.text for word in words if word.depth == 0]
    main = first if first == "SELECT" else next((word for word in outer if word in _MAIN), first)
    writing = {word.text for word in words if word.opens and word.text in _WRITING}
    if main in _WRITING:
        writing.add(main)
    elif main == "SELECT" and "INTO" in outer:
        writing.add("SELECT INTO")
    return " and ".join(sorted(writing)) or main


def shown(sql: str, *, written: bool = False) -> str:
    """Return an SQL text without its literals and comments, fit for telemetry.

    Strings and numbers become `?` as the semantic conventions for `db.query.text` ask; placeholders stay. In a text
    that is `written` by hand so do names in double quotes, which SQLite and MySQL take for strings; and where it cannot
    be said where a literal ends, nothing behind its beginning is shown.
    """

    def replace(token: re.Match[str]) -> str:
        if token["comment"]:
            return " "
        literal = token["string"] or token["number"] or (written and token["quoted"])
        if literal and token.group().endswith("\\'"):
            return "?'"  # whether a backslash keeps a string open is for the database to say: nothing behind is shown
        return "?" if literal else token.group()

    text = _TOKEN.sub(replace, sql)
    opened = _OPEN.search(text if written else "")
    return (text if opened is None else f"{text[: opened.start()].rstrip('?')}?")[:MAX_SHOWN]
