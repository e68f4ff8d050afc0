r"""Facts in a form that CEL's binding takes whole: of a plain text it reads what stands before the first NUL.

So to cel-expr-python 0.1.3 "a\0!" is "a", and a rule about it would hold for what nobody looked at. A message of
protobuf is taken as it is.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.wrappers_pb2 import BytesValue, StringValue

from catguard.errors import EvaluationError


def carried(value: Any) -> Any:
    """Return a value with each text in it that has a NUL as a message; one without any is returned as it is.

    Raises:
        EvaluationError: the name of a member has a NUL: there is no form in which the binding takes it whole.
    """
    if isinstance(value, str):
        return StringValue(value=value) if "\0" in value else value
    if isinstance(value, dict):
        members: dict[Any, Any] | None = None
        for name, inner in value.items():
            if isinstance(name, str) and "\0" in name:
                raise EvaluationError("the name of a member has a NUL")
            taken = carried(inner)
            if taken is not inner:
                members = members or {**value}
                members[name] = taken
        return value if members is None else members
    if isinstance(value, list):
        taken = [carried(inner) for inner in value]
        return value if all(map(_same, taken, value)) else taken
    if isinstance(value, bytes) and b"\0" in value:
        return BytesValue(value=value)
    return value


def _same(one: object, other: object) -> bool:
    return one is other
