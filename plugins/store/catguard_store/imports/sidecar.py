"""Sidecars: what a CSV or JSON file beside pictures says of each of them."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from catguard_store.imports.report import Unusable, shown

NAMES: Final = ("cats.csv", "cats.json")
COLUMNS: Final = (
    "file",
    "kind",
    "breed",
    "pose",
    "layer",
    "tags",
    "anchors",
    "licence",
    "author",
    "source",
    "digest",
    "bytes_digest",
)
"""`source`, `digest` and `bytes_digest` are what an export writes: see `Row.restores`."""

SPELLINGS: Final = {"license": "licence", "name": "file", "filename": "file", "artist": "author"}
MAX_BYTES: Final = 16 * 1024 * 1024

Anchors = Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Row:
    """What a sidecar says of one file; fields that it does not have are absent.

    Attributes:
        where: The sidecar's name with the line or the place in the list.
        fields: By the names of `COLUMNS`, without `file`, `tags` and `anchors`.
        tags: None where it says nothing of tags.
        anchors: None where it says nothing of anchors.
        fault: What is wrong with the row; the file is then refused.
    """

    where: str
    fields: Mapping[str, str]
    tags: tuple[str, ...] | None = None
    anchors: Anchors | None = None
    fault: str | None = None

    def restores(self, bytes_digest: str) -> bool:
        """Whether the file is what an export wrote, bit for bit: then it is the picture that was exported."""
        return self.fields.get("bytes_digest") == bytes_digest and {"digest", "source"} <= self.fields.keys()


Rows = Mapping[str, Row]


def read(name: str, data: bytes) -> Rows:
    """Read a sidecar; rows by the names of their files.

    Raises:
        Unusable: It is neither CSV nor JSON as it should be; the text says where and what is accepted.
    """
    if len(data) > MAX_BYTES:
        raise Unusable(f"{name} has {len(data)} bytes, more than {MAX_BYTES}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unusable(f"{name} is not UTF-8: {error.reason} at byte {error.start}") from error
    entries = _json(name, text) if name.lower().endswith(".json") else _csv(name, text)
    rows: dict[str, Row] = {}
    for where, entry in entries:
        file = entry.pop("file", None)
        if not isinstance(file, str) or not file:
            raise Unusable(f"{where} names no file: the column `file` is its path below the folder")
        file = file.replace("\\", "/").removeprefix("./")
        if file in rows:
            raise Unusable(f"{where} is a second one for {shown(file)}; the first is {rows[file].where}")
        rows[file] = _row(where, entry)
    return rows


def _csv(name: str, text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    heading = text.partition("\n")[0]
    delimiter = ";" if heading.count(";") > heading.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = [_column(f"{name}:1", column) for column in next(reader, [])]
        if "file" not in columns:
            raise Unusable(f"{name}:1 has no column `file`; columns are {', '.join(COLUMNS[:-3])}")
        for cells in reader:
            if any(cells):
                where = f"{name}:{reader.line_num}"
                if len(cells) > len(columns):
                    raise Unusable(
                        f"{where} has {len(cells)} cells and the heading {len(columns)}: put quotes around commas"
                    )
                yield (
                    where,
                    {column: cell.strip() for column, cell in zip(columns, cells, strict=False) if cell.strip()},
                )
    except csv.Error as error:
        raise Unusable(f"{name}:{reader.line_num} is no CSV: {error}") from error


def _json(name: str, text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unusable(f"{name} is no JSON: {error}") from error
    entries = document.get("pictures") if isinstance(document, dict) else document
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Unusable(f'{name} must be a list of objects, one for each picture: [{{"file": "siamese/1.jpg", ...}}]')
    for index, entry in enumerate(entries):
        where = f"{name}, entry {index + 1}"
        yield where, {_column(where, column): value for column, value in entry.items() if value is not None}


def _column(where: str, column: str) -> str:
    name = column.strip().lower().replace(" ", "_").replace("-", "_")
    name = SPELLINGS.get(name, name)
    if name not in COLUMNS:
        close = get_close_matches(name, COLUMNS, 1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(COLUMNS[:-3])}"
        raise Unusable(f"{where}: {shown(column)!r} is nothing that is known of pictures ({hint})")
    return name


def _row(where: str, entry: dict[str, Any]) -> Row:
    try:
        tags = _tags(entry.pop("tags", None))
        anchors = _anchors(entry.pop("anchors", None))
    except ValueError as error:
        return Row(where, {}, fault=str(error))
    if wrong := [name for name, value in entry.items() if not isinstance(value, str)]:
        return Row(where, {}, fault=f"{' and '.join(wrong)} must be texts")
    return Row(where, entry, tags, anchors)


def _tags(given: Any) -> tuple[str, ...] | None:
    """A list, or a text with semicolons or commas between them."""
    if given is None:
        return None
    found = given.replace(";", ",").split(",") if isinstance(given, str) else given
    if not isinstance(found, list) or not all(isinstance(tag, str) for tag in found):
        raise ValueError('tags must be a list of words, or "stripes; garden"')
    return tuple(tag.strip() for tag in found if tag.strip())


def _anchors(given: Any) -> Anchors | None:
    """An object of pairs, or a text: "nose 0.5 0.3; left-eye 0.4 0.25"."""
    if given is None:
        return None
    if isinstance(given, str):
        words = [part.split() for part in given.split(";") if part.strip()]
        if not all(len(part) == 3 for part in words):
            raise ValueError('anchors are written "nose 0.5 0.3; left-eye 0.4 0.25"')
        given = {name: [_number(x), _number(y)] for name, x, y in words}
    if not isinstance(given, dict) or not all(_is_point(point) for point in given.values()):
        raise ValueError("anchors are shares of width and height from the top left, 0 to 1: {nose: [0.5, 0.3]}")
    return {name: (float(x), float(y)) for name, (x, y) in given.items()}


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{shown(text)!r} in the anchors is no number: write 0.5") from None


def _is_point(point: Any) -> bool:
    return (
        isinstance(point, list)
        and len(point) == 2
        and all(isinstance(share, int | float) and not isinstance(share, bool) and 0 <= share <= 1 for share in point)
    )
