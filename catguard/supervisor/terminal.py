"""What a process of catguard writes on its terminal when something fails, whoever logs it: no words made of values.

Servers, drivers and the event loop log exceptions as Python does; here their words are left out.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from types import TracebackType
from typing import Any, Final

from catguard import failures

#: Told under an exception that ends a process.
_HINT: Final = f"its words may hold values and are left out; {failures.MESSAGES}=REASON shows them"

_log = logging.getLogger("catguard.process")


class MaskingFormatter(logging.Formatter):
    """Formats records whose exceptions are told by type and place."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record, and the stack below it."""
        if isinstance(record.args, tuple) and any(isinstance(each, BaseException) for each in record.args):
            record = logging.makeLogRecord(record.__dict__)
            record.args = tuple(
                failures.summary(each) if isinstance(each, BaseException) else each for each in record.args or ()
            )
        if record.exc_text:  # made by the formatter of another handler
            record = logging.makeLogRecord(record.__dict__)
            record.exc_text = None
        return super().format(record)

    def formatException(self, ei: Any) -> str:  # the name is logging's
        """Return the stack of an exception."""
        return failures.stack(ei[1])


def mask_terminal(line: str, *, level: int = logging.WARNING) -> None:
    """Let this process write log records to stderr, and end by an exception, without the words of exceptions.

    Args:
        line: the form of a log line, as `logging.Formatter` takes it.
        level: the lowest that is written.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(MaskingFormatter(line))
    logging.basicConfig(handlers=[handler], level=level)
    sys.excepthook = _ended
    threading.excepthook = _thread_ended
    why = failures.messages_told()
    if why is not None:
        _log.warning("the words of exceptions are told, with the values in them: %s (%s)", why, failures.MESSAGES)


def mask_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Let an event loop tell what went wrong without the words of exceptions, and without what callbacks were given."""
    loop.set_exception_handler(_unhandled)


def _ended(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if isinstance(error, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    hint = "" if failures.message(error) is not None else f"\n({_HINT})"
    print(f"{failures.stack(error)}{hint}", file=sys.stderr, flush=True)


def _thread_ended(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_value is not None and arguments.exc_type is not SystemExit:
        _ended(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)


def _unhandled(_: asyncio.AbstractEventLoop, told: dict[str, Any]) -> None:
    # "Exception in callback f(b'...')": what stands behind the first word of the callback was given to it.
    text = str(told.get("message") or "unhandled exception in the event loop").partition("(")[0].partition("<")[0]
    error = told.get("exception")
    if isinstance(error, BaseException):
        failures.report(logging.getLogger("asyncio"), error, "%s", text.strip())
    else:
        logging.getLogger("asyncio").error("%s", text.strip())
