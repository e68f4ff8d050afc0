"""Fact types as protocol-buffer message types, which is how the checker of CEL takes the types of records.

They serve the check only: rules are evaluated on plain dicts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from google.protobuf import descriptor_pb2, struct_pb2, wrappers_pb2
from google.protobuf.descriptor_pool import DescriptorPool

from catguard.policies.facts import Dynamic, FactType, ListOf, MapOf, Record, Scalar

PACKAGE = "facts"
_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "bool": _Field.TYPE_BOOL,
    "int": _Field.TYPE_INT64,
    "double": _Field.TYPE_DOUBLE,
    "string": _Field.TYPE_STRING,
}
_WRAPPERS = {"bool": "BoolValue", "int": "Int64Value", "double": "DoubleValue", "string": "StringValue"}
#: Names that the grammar of CEL takes after a dot, and that are no alias.
_PLAIN = re.compile(r"(?!_x|(?:in|true|false|null)\Z)[A-Za-z_][A-Za-z0-9_]*\Z")


def field_name(name: str) -> str:
    """Return the name that stands for a member's name in messages: itself, or an alias where it is no identifier."""
    return name if _PLAIN.match(name) else f"_x{name.encode('utf-8', 'surrogatepass').hex()}"


def member_name(name: str) -> str:
    """Return the member's name for which a field name stands."""
    return bytes.fromhex(name[2:]).decode("utf-8", "surrogatepass") if name.startswith("_x") else name


def describe(roots: Mapping[str, Record]) -> tuple[bytes, dict[str, str]]:
    """Return the file with the message types of some records, serialized, and the name of the type of each."""
    writer = _Writer()
    names = {name: writer.message(record) for name, record in roots.items()}
    return writer.file.SerializeToString(deterministic=True), names


def pool_of(file: bytes) -> DescriptorPool:
    """Return a pool with the message types that `describe` returned."""
    pool = DescriptorPool()
    for module in (struct_pb2, wrappers_pb2):
        pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
    pool.AddSerializedFile(file)
    return pool


class _Writer:
    """Collects the messages of one file."""

    def __init__(self) -> None:
        self.file = descriptor_pb2.FileDescriptorProto(name="facts.proto", package=PACKAGE, syntax="proto3")
        self.file.dependency.extend(module.DESCRIPTOR.name for module in (struct_pb2, wrappers_pb2))

    def message(self, record: Record) -> str:
        """Add the message of a record; returns its full name."""
        message = self.file.message_type.add(name=f"Record{len(self.file.message_type)}")
        # Names like fooBar and foo_bar have one name in protobuf's JSON, which nobody uses here.
        message.options.deprecated_legacy_json_field_conflicts = True
        for number, (name, found) in enumerate(record.fields.items(), 1):
            self.field(message, field_name(name), number, found.type)
        return f"{PACKAGE}.{message.name}"

    def field(self, message: descriptor_pb2.DescriptorProto, name: str, number: int, found: FactType) -> None:
        added = message.field.add(name=name, number=number, label=_Field.LABEL_OPTIONAL, json_name=f"_{number}")
        match found:
            case ListOf(element):
                added.label = _Field.LABEL_REPEATED
                self.type(added, element)
            case MapOf(value) if not isinstance(value, Dynamic):
                # The name of an entry is fixed by the descriptor format: the field's name in camel case.
                camel = "".join(word[:1].upper() + word[1:] for word in name.split("_"))
                entry = message.nested_type.add(name=f"{camel}Entry")
                entry.options.map_entry = True
                entry.field.add(name="key", number=1, type=_Field.TYPE_STRING, label=_Field.LABEL_OPTIONAL)
                self.type(entry.field.add(name="value", number=2, label=_Field.LABEL_OPTIONAL), value)
                added.label = _Field.LABEL_REPEATED
                added.type = _Field.TYPE_MESSAGE
                added.type_name = f".{PACKAGE}.{message.name}.{entry.name}"
            case _:
                self.type(added, found)

    def type(self, added: descriptor_pb2.FieldDescriptorProto, found: FactType) -> None:
        """Set the type of a field that is neither repeated nor a map: inner lists and maps have dynamic elements."""
        if isinstance(found, Scalar) and not found.nullable:
            added.type = _SCALARS[found.kind]
            return
        added.type = _Field.TYPE_MESSAGE
        match found:
            case Scalar(kind):
                added.type_name = f".google.protobuf.{_WRAPPERS[kind]}"
            case Record():
                added.type_name = f".{self.message(found)}"
            case ListOf():
                added.type_name = ".google.protobuf.ListValue"
            case MapOf():
                added.type_name = ".google.protobuf.Struct"
            case Dynamic():
                added.type_name = ".google.protobuf.Value"
