"""The syntax tree of a CEL expression as frozen data, read from what the parser and the checker hand out.

`cel_expr_python` serializes an expression as a `google.protobuf.Any` of `cel.expr.ParsedExpr` or `cel.expr.CheckedExpr`
but ships no classes for them. The few messages are declared here, in a descriptor pool of our own: the names and
numbers are those of cel/expr/syntax.proto and cel/expr/checked.proto of the CEL specification.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias

from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, message_factory

Scalar: TypeAlias = bool | int | float | str | bytes | None


@dataclass(frozen=True, slots=True)
class Type:
    """What the checker knows of a node.

    `kind` is null, bool, int, uint, double, string, bytes, list, map, message, wrapper, timestamp, duration, any, type,
    or dyn for all else; `parameters` are those of a list, map, type or wrapper; `name` is that of a message type.
    """

    kind: str
    parameters: tuple[Type, ...] = ()
    name: str = ""


DYN = Type("dyn")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Node:
    """What every node has: its id in the tree, its place as an offset into the expression, its type once checked.

    Two nodes are equal when they say the same, wherever they stand.
    """

    id: int = field(default=0, compare=False)
    position: int = field(default=0, compare=False)
    type: Type = field(default=DYN, compare=False)


@dataclass(frozen=True, slots=True)
class Literal(_Node):
    """A constant; `kind` is its type's, as `1`, `1u`, `1.0` and `true` are equal to Python."""

    value: Scalar
    kind: str


@dataclass(frozen=True, slots=True)
class Ident(_Node):
    """A name: a fact, a macro's variable, a type; in a checked tree also a policy's variable, as `variables.area`."""

    name: str


@dataclass(frozen=True, slots=True)
class Select(_Node):
    """`operand.field`, or `has(operand.field)` where `test` is true."""

    operand: Node
    field: str
    test: bool = False


@dataclass(frozen=True, slots=True)
class Call(_Node):
    """A function or an operator; operators have names like `_&&_`, `!_`, `_[_]`, `@in`, `_?_:_`."""

    function: str
    target: Node | None
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ListNode(_Node):
    """A list that is written out."""

    elements: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MapNode(_Node):
    """A map that is written out, or a message when `message` names its type; entries are key and value."""

    entries: tuple[tuple[Node, Node], ...]
    message: str = ""


@dataclass(frozen=True, slots=True)
class Comprehension(_Node):
    """What the macros all, exists, exists_one, map and filter become: a fold of `range` into `accumulator`."""

    variable: str
    second_variable: str
    range: Node
    accumulator: str
    initial: Node
    condition: Node
    step: Node
    result: Node


Node: TypeAlias = Literal | Ident | Select | Call | ListNode | MapNode | Comprehension


def children(node: Node) -> tuple[Node, ...]:
    """Return the direct parts of a node in the order of evaluation."""
    match node:
        case Select():
            return (node.operand,)
        case Call():
            return node.arguments if node.target is None else (node.target, *node.arguments)
        case ListNode():
            return node.elements
        case MapNode():
            return tuple(part for entry in node.entries for part in entry)
        case Comprehension():
            return (node.range, node.initial, node.condition, node.step, node.result)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and everything below it, parents first."""
    yield node
    for child in children(node):
        yield from walk(child)


def read_tree(serialized: bytes, *, rename: Callable[[str], str] = str, origins: list[int] | None = None) -> Node:
    """Return the tree of a serialized expression, checked or only parsed.

    Args:
        serialized: what `Expression.serialize()` returns.
        rename: gives the name that stands for a field's name in the serialized tree.
        origins: the offset in the author's text of each character of the text that was compiled, if they differ.

    Raises:
        ValueError: the bytes are no expression of a kind that is known here.
    """
    envelope = any_pb2.Any.FromString(serialized)
    kind = envelope.type_url.rpartition(".")[2]
    if kind not in ("ParsedExpr", "CheckedExpr"):
        raise ValueError(f"not a CEL expression: {envelope.type_url}")
    message: Any = _message_class(kind).FromString(envelope.value)
    positions: dict[int, int] = dict(message.source_info.positions)
    types: dict[int, Any] = dict(message.type_map) if kind == "CheckedExpr" else {}
    return _Reader(positions, types, rename, origins).node(message.expr)


class _Reader:
    """Turns protobuf messages into nodes."""

    def __init__(
        self, positions: dict[int, int], types: dict[int, Any], rename: Callable[[str], str], origins: list[int] | None
    ) -> None:
        self.positions = positions
        self.types = types
        self.rename = rename
        self.origins = origins

    def node(self, expr: Any) -> Node:
        position = self.positions.get(expr.id, 0)
        if self.origins:
            position = self.origins[min(position, len(self.origins) - 1)]
        place = {
            "id": expr.id,
            "position": position,
            "type": _type(self.types[expr.id]) if expr.id in self.types else DYN,
        }
        kind = expr.WhichOneof("expr_kind")
        value = getattr(expr, kind)
        match kind:
            case "const_expr":
                constant = value.WhichOneof("constant_kind")
                constant_kind = _CONSTANTS[constant]
                return Literal(getattr(value, constant) if constant_kind != "null" else None, constant_kind, **place)
            case "ident_expr":
                return Ident(value.name, **place)
            case "select_expr":
                return Select(self.node(value.operand), self.rename(value.field), value.test_only, **place)
            case "call_expr":
                target = self.node(value.target) if value.HasField("target") else None
                return Call(value.function, target, tuple(map(self.node, value.args)), **place)
            case "list_expr":
                return ListNode(tuple(map(self.node, value.elements)), **place)
            case "struct_expr":
                return MapNode(tuple(map(self.entry, value.entries)), value.message_name, **place)
            case _:
                return Comprehension(
                    value.iter_var,
                    value.iter_var2,
                    self.node(value.iter_range),
                    value.accu_var,
                    self.node(value.accu_init),
                    self.node(value.loop_condition),
                    self.node(value.loop_step),
                    self.node(value.result),
                    **place,
                )

    def entry(self, entry: Any) -> tuple[Node, Node]:
        key = Literal(entry.field_key, "string", id=entry.id) if entry.field_key else self.node(entry.map_key)
        return key, self.node(entry.value)


_CONSTANTS = {
    "null_value": "null",
    "bool_value": "bool",
    "int64_value": "int",
    "uint64_value": "uint",
    "double_value": "double",
    "string_value": "string",
    "bytes_value": "bytes",
}
_PRIMITIVES = tuple(map(Type, ("dyn", "bool", "int", "uint", "double", "string", "bytes")))
_WELL_KNOWN = tuple(map(Type, ("dyn", "any", "timestamp", "duration")))


def _type(message: Any) -> Type:
    found: Type
    kind = message.WhichOneof("type_kind")
    match kind:
        case "primitive":
            found = _PRIMITIVES[message.primitive]
            return found
        case "wrapper":
            return Type("wrapper", (_PRIMITIVES[message.wrapper],))
        case "well_known":
            found = _WELL_KNOWN[message.well_known]
            return found
        case "list_type":
            return Type("list", (_type(message.list_type.elem_type),))
        case "map_type":
            return Type("map", (_type(message.map_type.key_type), _type(message.map_type.value_type)))
        case "message_type":
            return Type("message", name=message.message_type)
        case "type":
            return Type("type", (_type(message.type),))
        case "null":
            return Type("null")
        case _:
            return DYN


#: Message -> field -> (number, type); `*` marks a repeated field, `type{}` a map from int64. Enums are read as int32,
#: which has the same encoding. `oneof` names follow a colon.
_MESSAGES: dict[str, dict[str, tuple[int, str]]] = {
    "ParsedExpr": {"expr": (2, "Expr"), "source_info": (3, "SourceInfo")},
    "CheckedExpr": {"type_map": (3, "Type{}"), "source_info": (5, "SourceInfo"), "expr": (4, "Expr")},
    "SourceInfo": {"positions": (4, "int32{}")},
    "Expr": {
        "id": (2, "int64"),
        "const_expr": (3, "Constant:expr_kind"),
        "ident_expr": (4, "Ident:expr_kind"),
        "select_expr": (5, "Select:expr_kind"),
        "call_expr": (6, "Call:expr_kind"),
        "list_expr": (7, "CreateList:expr_kind"),
        "struct_expr": (8, "CreateStruct:expr_kind"),
        "comprehension_expr": (9, "Fold:expr_kind"),
    },
    "Ident": {"name": (1, "string")},
    "Select": {"operand": (1, "Expr"), "field": (2, "string"), "test_only": (3, "bool")},
    "Call": {"target": (1, "Expr"), "function": (2, "string"), "args": (3, "Expr*")},
    "CreateList": {"elements": (1, "Expr*")},
    "CreateStruct": {"message_name": (1, "string"), "entries": (2, "Entry*")},
    "Entry": {"id": (1, "int64"), "field_key": (2, "string"), "map_key": (3, "Expr"), "value": (4, "Expr")},
    "Fold": {
        "iter_var": (1, "string"),
        "iter_range": (2, "Expr"),
        "accu_var": (3, "string"),
        "accu_init": (4, "Expr"),
        "loop_condition": (5, "Expr"),
        "loop_step": (6, "Expr"),
        "result": (7, "Expr"),
        "iter_var2": (8, "string"),
    },
    "Constant": {
        "null_value": (1, "int32:constant_kind"),
        "bool_value": (2, "bool:constant_kind"),
        "int64_value": (3, "int64:constant_kind"),
        "uint64_value": (4, "uint64:constant_kind"),
        "double_value": (5, "double:constant_kind"),
        "string_value": (6, "string:constant_kind"),
        "bytes_value": (7, "bytes:constant_kind"),
    },
    "Type": {
        "null": (2, "int32:type_kind"),
        "primitive": (3, "int32:type_kind"),
        "wrapper": (4, "int32:type_kind"),
        "well_known": (5, "int32:type_kind"),
        "list_type": (6, "ListType:type_kind"),
        "map_type": (7, "MapType:type_kind"),
        "message_type": (9, "string:type_kind"),
        "type": (11, "Type:type_kind"),
    },
    "ListType": {"elem_type": (1, "Type")},
    "MapType": {"key_type": (1, "Type"), "value_type": (2, "Type")},
}


@cache
def _message_class(name: str) -> Any:
    pool = descriptor_pool.DescriptorPool()
    file = descriptor_pb2.FileDescriptorProto(name="catguard/syntax.proto", package="catguard.syntax", syntax="proto3")
    for message_name, fields in _MESSAGES.items():
        message = file.message_type.add(name=message_name)
        for field_name, (number, spelling) in fields.items():
            _add_field(message, field_name, number, spelling)
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"catguard.syntax.{name}"))


def _add_field(message: Any, name: str, number: int, spelling: str) -> None:
    spelling, _, oneof = spelling.partition(":")
    element = spelling.rstrip("*{}")
    added = message.field.add(name=name, number=number, label=3 if spelling != element else 1)
    if spelling.endswith("{}"):
        entry = message.nested_type.add(name="".join(map(str.capitalize, name.split("_"))) + "Entry")
        entry.options.map_entry = True
        _add_field(entry, "key", 1, "int64")
        _add_field(entry, "value", 2, element)
        added.type = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE
        added.type_name = f".catguard.syntax.{message.name}.{entry.name}"
    elif element in _MESSAGES:
        added.type = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE
        added.type_name = f".catguard.syntax.{element}"
    else:
        added.type = descriptor_pb2.FieldDescriptorProto.Type.Value(f"TYPE_{element.upper()}")
    if oneof:
        names = [declared.name for declared in message.oneof_decl]
        if oneof not in names:
            message.oneof_decl.add(name=oneof)
            names.append(oneof)
        added.oneof_index = names.index(oneof)
