from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from catguard_store.imports import archive as archives
from catguard_store.imports.archive import Archive, is_archive
from catguard_store.imports.folder import Listing
from catguard_store.imports.report import PassedOver, Unusable

from .corpus import pack


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    archive = Archive(path)
    yield archive
    archive.close()


def refused(path: Path) -> dict[str, str]:
    with opened(path) as archive:
        return {refusal.name: refusal.reason for refusal in archive.list().refused}


def test_list_names_members_and_reads_them(tmp_path: Path) -> None:
    path = pack(tmp_path / "cats.zip", {"b/2.png": b"two", "a.png": b"one", "b/": b"", "__MACOSX/._a.png": b"x"})
    with opened(path) as archive:
        assert archive.list() == Listing(("a.png", "b/2.png"), (), (PassedOver("__MACOSX/._a.png", "hidden"),))
        assert archive.read("b/2.png") == b"two"


@pytest.mark.parametrize(
    "name", ["../up.png", "a/../../up.png", "/etc/up.png", "C:\\up.png", "a\\..\\up.png", "c:up.png"]
)
def test_list_refuses_names_that_lead_out(tmp_path: Path, name: str) -> None:
    path = pack(tmp_path / "cats.zip", {name: b"x", "good.png": b"x"})
    assert list(refused(path).values()) == ["its name leads out of the archive"]
    with opened(path) as archive:
        assert archive.list().names == ("good.png",)


@pytest.mark.parametrize(
    ("name", "size", "fault"),
    [
        ("", 1, "it has no name"),
        ("\0x.png", 1, "its name has a NUL"),
        ("a/x.png/", 1, "it is named as a folder, and has bytes"),
        ("a/x.png/", 0, None),
        ("./a//./x.png", 1, None),
        ("a\\x.png", 1, None),
        ("..\\x.png", 1, "its name leads out of the archive"),
    ],
)
def test_list_of_odd_names(tmp_path: Path, name: str, size: int, fault: str | None) -> None:
    member = zipfile.ZipInfo("x")
    member.filename = member.orig_filename = name
    with zipfile.ZipFile(tmp_path / "cats.zip", "w") as written:
        written.writestr(member, bytes(size))
    assert list(refused(tmp_path / "cats.zip").values()) == ([] if fault is None else [fault])
    with opened(tmp_path / "cats.zip") as archive:
        assert archive.list().names == (("a/x.png",) if size and fault is None else ())


def test_list_loses_no_member_whose_name_has_dots(tmp_path: Path) -> None:
    names = (
        *("./dotcat/1.jpg", ".../x/3.jpg", "dotcat/.../4.jpg", "dotcat/..5.jpg", "zcat/./7.jpg"),
        *("..\\evil\\3.jpg", "zcat\\6.jpg", ".hidden/x.jpg", "ragdoll/.dot.jpg"),
    )
    with opened(pack(tmp_path / "cats.zip", dict.fromkeys(names, b"x"))) as archive:
        listing = archive.list()
    assert listing.names == ("dotcat/1.jpg", "zcat/6.jpg", "zcat/7.jpg")
    assert [(refusal.name, refusal.reason) for refusal in listing.refused] == [
        ("..\\evil\\3.jpg", "its name leads out of the archive")
    ]
    assert {(other.name, other.reason) for other in listing.passed_over} == {
        (name, "hidden")
        for name in (".../x/3.jpg", "dotcat/.../4.jpg", "dotcat/..5.jpg", ".hidden/x.jpg", "ragdoll/.dot.jpg")
    }


def test_list_refuses_links(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.png")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "cats.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert refused(tmp_path / "cats.zip") == {"link.png": "it is a link"}


def test_list_refuses_what_is_encrypted(tmp_path: Path) -> None:
    path = pack(tmp_path / "cats.zip", {"secret.png": b"x"})
    data = bytearray(path.read_bytes())
    central = data.index(b"PK\x01\x02")
    data[central + 8] |= 1
    path.write_bytes(bytes(data))
    assert "encrypted" in refused(path)["secret.png"]


def test_list_refuses_bombs(tmp_path: Path) -> None:
    path = pack(tmp_path / "cats.zip", {"bomb.png": bytes(8 * 1024 * 1024), "small.png": bytes(1000)})
    assert refused(path).keys() == {"bomb.png"}
    assert "it is a bomb: " in refused(path)["bomb.png"]


def test_list_refuses_what_says_that_it_is_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_READ", 10)
    assert "more than 10" in refused(pack(tmp_path / "cats.zip", {"long.png": b"x" * 11}))["long.png"]


def test_list_refuses_a_second_member_of_a_name(tmp_path: Path) -> None:
    data = pack(tmp_path / "cats.zip", {"a.png": b"one", "b.png": b"two"}).read_bytes()
    (tmp_path / "cats.zip").write_bytes(data.replace(b"b.png", b"a.png"))
    assert refused(tmp_path / "cats.zip") == {"a.png": "another member of the archive has the same name"}


def test_list_refuses_what_is_behind_so_many_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_MEMBERS", 3)
    path = pack(tmp_path / "cats.zip", {f"{index}.png": b"x" for index in range(5)})
    with opened(path) as archive:
        listing = archive.list()
    assert listing.names == ("0.png", "1.png", "2.png")
    assert [refusal.name for refusal in listing.refused] == ["3.png and 1 more"]


def test_open_refuses_a_list_of_members_that_is_too_long_before_it_is_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pack(tmp_path / "cats.zip", {f"{index}.png": b"x" for index in range(5)})
    monkeypatch.setattr(archives, "MAX_DIRECTORY", 100)
    monkeypatch.setattr(zipfile, "ZipInfo", lambda *_: pytest.fail("it was parsed"))
    with pytest.raises(Unusable, match="its list of members takes"):
        Archive(path)


def test_open_measures_the_list_of_members_that_is_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pack(tmp_path / "cats.zip", {f"{index}.png": b"x" for index in range(5)})
    data = path.read_bytes()
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    # APPNOTE.TXT 4.3.14 and 4.3.15: the locator says where the record is, and zipfile takes the one before the locator.
    short, real = (
        struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, start)
        for count, size in ((1, 50), (5, end - start))
    )
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, start, 1)
    last = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65535, 65535, 50, 0xFFFFFFFF, 0)
    path.write_bytes(data[:start] + short + data[start:end] + real + locator + last)
    with opened(path) as archive:
        assert len(archive.list().names) == 5
    monkeypatch.setattr(archives, "MAX_DIRECTORY", 100)
    monkeypatch.setattr(zipfile, "ZipInfo", lambda *_: pytest.fail("it was parsed"))
    with pytest.raises(Unusable, match="its list of members takes"):
        Archive(path)


def test_read_of_a_damaged_member_of_every_method_says_so(tmp_path: Path) -> None:
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        path = pack(tmp_path / f"{method}.zip", {"a.png": bytes(range(256)) * 40}, method=method)
        data = bytearray(path.read_bytes())
        data[44:70] = b"\xff" * 26
        path.write_bytes(bytes(data))
        with opened(path) as archive:
            archive.list()
            with pytest.raises(Unusable, match="cannot be read from the archive"):
                archive.read("a.png")


def test_read_of_what_is_damaged_says_so(tmp_path: Path) -> None:
    path = pack(tmp_path / "cats.zip", {"a.png": b"abc" * 1000}, method=zipfile.ZIP_STORED)
    data = path.read_bytes().replace(b"abcabc", b"abcabd", 1)
    path.write_bytes(data)
    with opened(path) as archive:
        archive.list()
        with pytest.raises(Unusable, match="cannot be read from the archive"):
            archive.read("a.png")


def test_read_of_a_member_that_is_longer_than_it_says_stops_there(tmp_path: Path) -> None:
    path = pack(tmp_path / "cats.zip", {"a.png": bytes(100_000)})
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, data.index(b"PK\x01\x02") + 24, 10)
    path.write_bytes(bytes(data))
    with opened(path) as archive:
        archive.list()
        with pytest.raises(Unusable, match="cannot be read from the archive"):
            archive.read("a.png")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"nothing at all" * 10, b"PK\x05\x06" + bytes(10)])
def test_open_of_what_is_no_archive_says_so(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "cats.zip"
    path.write_bytes(data)
    assert not is_archive(path)
    with pytest.raises(Unusable):
        Archive(path)
