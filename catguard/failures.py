"""What is told of an exception: its type, where it was raised, its stack; its words only where they are catguard's own.

An exception's words are made of values: the row that a constraint refused, the address with its query, the key that a
dict lacks. Logs, spans and terminals are read, kept and passed on by more people than may see those.
"""

from __future__ import annotations

import errno
import logging
import os
import traceback
from collections.abc import Iterator
from typing import Final

from catguard.errors import CatguardError, EvaluationError

#: The environment variable that lets the words through; its value is the reason why, which is told.
MESSAGES: Final = "CATGUARD_EXCEPTION_MESSAGES"
#: Exceptions of one chain or group that are told; nobody reads on, and a group may hold thousands.
MAX_CHAIN: Final = 10


def messages_told() -> str | None:
    """Return why the words of exceptions are told in this process; None where they are not."""
    return os.environ.get(MESSAGES, "").strip() or None


def type_name(error: BaseException) -> str:
    """Return the type of an exception, with its module unless it is built in."""
    module, name = type(error).__module__, type(error).__qualname__
    return name if module == "builtins" else f"{module}.{name}"


def message(error: BaseException) -> str | None:
    """Return the words of an exception that hold no values of an exchange, or None.

    Those are catguard's own, except of rules that cannot be evaluated, and the system's for the number of an error.
    """
    own = isinstance(error, CatguardError) and not isinstance(error, EvaluationError)
    if own or messages_told() is not None:
        return str(error)
    if isinstance(error, OSError) and error.errno is not None and error.errno in errno.errorcode:
        return os.strerror(error.errno)
    return None


def summary(error: BaseException) -> str:
    """Return an exception's type, a database's code for it, its words where they may be told, and its place."""
    code = getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None)
    text = f"{type_name(error)} ({code})" if isinstance(code, str) else type_name(error)
    words = message(error)
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {os.path.basename(frames[-1].filename)}:{frames[-1].lineno} in {frames[-1].name}" if frames else ""
    return f"{text}: {words}{place}" if words else f"{text}{place}"


def stack(error: BaseException) -> str:
    """Return the stack of an exception and of those behind it, causes first: frames and types, as Python shows them."""
    chain = list(_behind(error))
    pieces = []
    for each, joint in reversed(chain):
        lines = traceback.StackSummary.from_list(traceback.extract_tb(each.__traceback__)).format()
        words = message(each)
        title = f"{type_name(each)}: {words}" if words else type_name(each)
        head = "Traceback (most recent call last):\n" if lines else ""
        pieces.append(f"{head}{''.join(lines)}{title}{joint}")
    return "\n".join(pieces)


def report(log: logging.Logger, error: BaseException, text: str, *args: object) -> None:
    """Log a failure as an error: the text, what may be told of the exception, its stack."""
    log.error(f"{text}: %s\n%s", *args, summary(error), stack(error), stacklevel=2)


def _behind(error: BaseException) -> Iterator[tuple[BaseException, str]]:
    """Yield an exception and those behind it, each with the words that join it to the one before."""
    waiting: list[tuple[BaseException, str]] = [(error, "")]
    seen: set[int] = set()
    while waiting and len(seen) < MAX_CHAIN:
        each, joint = waiting.pop(0)
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each, joint
        if isinstance(each, BaseExceptionGroup):
            waiting += [
                (inner, f"\n\nThe exception above is one of the group {type_name(each)}:\n")
                for inner in each.exceptions
            ]
        if each.__cause__ is not None:
            waiting.append((each.__cause__, "\n\nThe exception above was the direct cause of the following one:\n"))
        elif each.__context__ is not None and not each.__suppress_context__:
            waiting.append((each.__context__, "\n\nDuring its handling, another exception occurred:\n"))
