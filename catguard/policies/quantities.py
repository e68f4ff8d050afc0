"""Answers what a quantity (16Ki, 1.5G, 512MiB) and a duration (800ms, 1m30s) of a policy or the command line mean.

Quantities are those of the Kubernetes resource model: k, M, G, T, P, E are powers of 1000; Ki, Mi, Gi, Ti, Pi, Ei are
powers of 1024. Everything is computed exactly, nothing is rounded.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

# The largest number that every reader of ours can hold: a signed integer of 64 bits, as in CEL and SQL.
LARGEST: Final = 2**63 - 1

_FACTORS: Final = {
    "": 1,
    "k": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "P": 10**15,
    "E": 10**18,
    "Ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
    "Ti": 2**40,
    "Pi": 2**50,
    "Ei": 2**60,
}
# Both are shorter than 100 characters wherever they mean something; longer text is refused before any arithmetic.
_LONGEST: Final = 100
_QUANTITY: Final = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?)(?P<unit>[KMGTPE]i|[kMGTPE]?)B?")
_DURATION: Final = re.compile(
    r"(?=[0-9])"
    r"(?:(?P<hours>[0-9]+(?:\.[0-9]+)?)h)?"
    r"(?:(?P<minutes>[0-9]+(?:\.[0-9]+)?)m(?!s))?"
    r"(?:(?P<seconds>[0-9]+(?:\.[0-9]+)?)s)?"
    r"(?:(?P<milliseconds>[0-9]+(?:\.[0-9]+)?)ms)?"
)
_SECONDS: Final = {
    "hours": Fraction(3600),
    "minutes": Fraction(60),
    "seconds": Fraction(1),
    "milliseconds": Fraction(1, 1000),
}

_QUANTITY_HELP: Final = (
    "write a whole number, or a number with k, M, G, T, P, E (powers of 1000) "
    "or Ki, Mi, Gi, Ti, Pi, Ei (powers of 1024), e.g. 16Ki, 60M or 512MiB"
)
_DURATION_HELP: Final = "write hours, minutes, seconds and milliseconds in this order, e.g. 800ms, 10s, 1m30s or 1h"


def parse_quantity(value: str | int) -> int:
    """Read a quantity of a policy or of the command line.

    Args:
        value: A whole number, or text such as ``16Ki``, ``1.5G``, ``512MiB``.

    Returns:
        The exact number, from 0 to 2**63 - 1.

    Raises:
        ValueError: It is no quantity, is negative, is not a whole number or does not fit in 64 bits. The text says
            what is accepted.
    """
    match = _QUANTITY.fullmatch(value) if isinstance(value, str) and len(value) <= _LONGEST else None
    if match is not None:
        exact = Fraction(match["number"]) * _FACTORS[match["unit"]]
    elif isinstance(value, int) and not isinstance(value, bool):
        exact = Fraction(value)
    else:
        raise ValueError(f"{_shown(value)} is no quantity: {_QUANTITY_HELP}")
    if exact < 0:
        raise ValueError(f"{_shown(value)} is negative: a quantity is at least 0")
    if exact.denominator != 1:
        raise ValueError(f"{_shown(value)} is {float(exact):g}, which is not a whole number: {_QUANTITY_HELP}")
    if exact > LARGEST:
        raise ValueError(f"{_shown(value)} is too large: a quantity is at most 2**63 - 1, a little less than 8Ei")
    return int(exact)


def format_quantity(number: int) -> str:
    """Write a number as the shortest quantity that means exactly it: 16384 as ``16Ki``, 60000000 as ``60M``.

    Args:
        number: From 0 to 2**63 - 1.

    Raises:
        ValueError: The number is outside these bounds.
    """
    parse_quantity(number)
    exact = [f"{number // factor}{unit}" for unit, factor in _FACTORS.items() if number % factor == 0]
    return min(exact, key=len) if number else "0"


def parse_duration(value: str) -> float:
    """Read a duration of a policy or of the command line.

    Args:
        value: Text such as ``800ms``, ``10s``, ``1m30s``, ``1h``.

    Returns:
        Seconds.

    Raises:
        ValueError: It is no duration. The text says what is accepted.
    """
    match = _DURATION.fullmatch(value) if isinstance(value, str) and len(value) <= _LONGEST else None
    if match is None:
        raise ValueError(f"{_shown(value)} is no duration: {_DURATION_HELP}")
    return float(sum(Fraction(match[name]) * factor for name, factor in _SECONDS.items() if match[name]))


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST else f"{text[:20]}... ({len(text)} characters)"
