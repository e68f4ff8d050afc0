from __future__ import annotations

import json

import pytest

from catguard_store.imports.report import Unusable
from catguard_store.imports.sidecar import Row, read

CSV = """file,breed,pose,tags,anchors,licence,author
siamese/1.jpg,Siamese,sitting,"garden; night",nose 0.5 0.3; left-eye 0.4 0.25,CC-BY-4.0,"Ann, the Author"
2.jpg,,,,,,
"""


def test_read_csv() -> None:
    rows = read("cats.csv", CSV.encode())
    assert rows == {
        "siamese/1.jpg": Row(
            "cats.csv:2",
            {"breed": "Siamese", "pose": "sitting", "licence": "CC-BY-4.0", "author": "Ann, the Author"},
            ("garden", "night"),
            {"nose": (0.5, 0.3), "left-eye": (0.4, 0.25)},
        ),
        "2.jpg": Row("cats.csv:3", {}),
    }


def test_read_csv_of_spreadsheets() -> None:
    text = "\ufeffFile;License;Breed\r\n.\\siamese\\1.jpg;MIT;Siamese\r\n\r\n"
    assert read("Cats.CSV", text.encode()) == {
        "siamese/1.jpg": Row("Cats.CSV:2", {"licence": "MIT", "breed": "Siamese"})
    }


@pytest.mark.parametrize("wrapped", [True, False])
def test_read_json(wrapped: bool) -> None:
    entries = [{"file": "1.jpg", "breed": "siamese", "tags": ["a", "b"], "anchors": {"nose": [0.5, 0]}, "author": None}]
    document = {"pictures": entries} if wrapped else entries
    rows = read("cats.json", json.dumps(document).encode())
    assert rows == {"1.jpg": Row("cats.json, entry 1", {"breed": "siamese"}, ("a", "b"), {"nose": (0.5, 0.0)})}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("cats.csv", "breed\nsiamese\n", "cats.csv:1 has no column `file`"),
        ("cats.csv", "file,lisense\n", "cats.csv:1: 'lisense' is nothing .*did you mean licence"),
        ("cats.csv", "file,breed\n,siamese\n", "cats.csv:2 names no file"),
        ("cats.csv", "file\n1.jpg\n1.jpg\n", "cats.csv:3 is a second one for 1.jpg; the first is cats.csv:2"),
        ("cats.csv", "file,breed\n1.jpg,a,b\n", "cats.csv:2 has 3 cells and the heading 2"),
        ("cats.csv", 'file\n"1.jpg\n', "is no CSV"),
        ("cats.csv", "", "has no column `file`"),
        ("cats.json", "{", "cats.json is no JSON"),
        ("cats.json", "[" * 100_000, "cats.json is no JSON"),
        ("cats.json", '{"1.jpg": {}}', "must be a list of objects"),
        ("cats.json", "[1]", "must be a list of objects"),
        ("cats.json", '[{"file": 1}]', "names no file"),
        ("cats.json", '[{"file": "1.jpg", "colour": "red"}]', "'colour' is nothing that is known"),
    ],
)
def test_read_of_a_bad_sidecar_says_what_is_wrong(name: str, text: str, message: str) -> None:
    with pytest.raises(Unusable, match=message):
        read(name, text.encode())


def test_read_of_other_encodings_says_so() -> None:
    with pytest.raises(Unusable, match="is not UTF-8"):
        read("cats.csv", "file,author\n1.jpg,Zoë\n".encode("latin-1"))


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("anchors", "nose 0.5", "are written"),
        ("anchors", "nose a b", "'a' in the anchors is no number"),
        ("anchors", "nose 120 80", "shares of width and height"),
        ("anchors", {"nose": [0.5]}, "shares of width and height"),
        ("anchors", {"nose": [0.5, True]}, "shares of width and height"),
        ("anchors", ["nose"], "shares of width and height"),
        ("anchors", "nose nan 0.5", "shares of width and height"),
        ("tags", 5, "tags must be a list"),
        ("tags", [5], "tags must be a list"),
        ("licence", 5, "licence must be texts"),
    ],
)
def test_read_of_a_bad_value_spoils_its_row_only(field: str, value: object, fault: str) -> None:
    text = json.dumps([{"file": "1.jpg", field: value}, {"file": "2.jpg", "breed": "siamese"}])
    rows = read("cats.json", text.encode())
    assert fault in (rows["1.jpg"].fault or "")
    assert rows["2.jpg"].fault is None


def test_row_restores_what_an_export_wrote_and_nothing_else() -> None:
    row = Row("cats.json, entry 1", {"bytes_digest": "a" * 64, "digest": "b" * 64, "source": "drawn/cat/siamese/loaf"})
    assert row.restores("a" * 64)
    assert not row.restores("c" * 64)
    assert not Row(row.where, {"digest": "b" * 64, "source": "drawn"}).restores("a" * 64)
