from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from catguard_store.imports import folder
from catguard_store.imports.folder import Folder
from catguard_store.imports.report import Unusable

from .corpus import write


def refused(root: Path) -> dict[str, str]:
    return {refusal.name: refusal.reason for refusal in Folder(root).list().refused}


def test_list_names_files_in_order_and_passes_over_hidden_ones(tmp_path: Path) -> None:
    write(tmp_path, dict.fromkeys(("b/2.png", "a.png", "b/1.png", ".DS_Store", "__MACOSX/b/1.png", "b/.x/y"), b"x"))
    listing = Folder(tmp_path).list()
    assert (listing.names, listing.refused) == (("a.png", "b/1.png", "b/2.png"), ())
    assert [(other.name, other.reason) for other in listing.passed_over] == [
        ("__MACOSX/", "hidden"),
        (".DS_Store", "hidden"),
        ("b/.x/", "hidden"),
    ]


def test_list_refuses_links_that_lead_out(tmp_path: Path) -> None:
    outside, root = write(tmp_path / "outside", {"secret.png": b"x"}), write(tmp_path / "root", {"here.png": b"x"})
    (root / "file.png").symlink_to(outside / "secret.png")
    (root / "folder").symlink_to(outside)
    (root / "within.png").symlink_to("here.png")
    (root / "nowhere.png").symlink_to("missing.png")
    (root / "ring.png").symlink_to("ring.png")
    names = Folder(root).list().names
    assert names == ("here.png", "within.png")
    assert refused(root).keys() == {"file.png", "folder", "nowhere.png", "ring.png"}
    assert "leads out of the directory" in refused(root)["file.png"]
    assert "leads out of the directory" in refused(root)["folder"]
    assert "leads to itself" in refused(root)["ring.png"]
    assert "leads nowhere" in refused(root)["nowhere.png"]


def test_list_tells_of_links_to_folders_within(tmp_path: Path) -> None:
    write(tmp_path, {"a/1.png": b"x"})
    (tmp_path / "b").symlink_to("a")
    assert Folder(tmp_path).list().names == ("a/1.png",)
    assert "a link to another folder of the directory" in refused(tmp_path)["b"]


def test_list_tells_of_folders_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"a/1.png": b"x", "b/1.png": b"x"})
    scan = os.scandir

    def denied(path: str) -> object:  # the tests may run as root, whom no mode keeps out
        if os.path.basename(path) == "b":
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", denied)
    assert Folder(tmp_path).list().names == ("a/1.png",)
    assert refused(tmp_path) == {"b": "the folder cannot be read: Permission denied"}


def test_list_refuses_what_is_no_file_without_opening_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    assert refused(tmp_path) == {"pipe.png": "it is no regular file"}


def test_list_shows_names_that_would_move_the_cursor_harmlessly(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "\x1b[2Jevil\n.png")
    assert list(refused(tmp_path)) == ["?[2Jevil?.png"]


def test_read_of_an_empty_file_says_so(tmp_path: Path) -> None:
    write(tmp_path, {"empty.png": b""})
    with pytest.raises(Unusable, match="empty"):
        Folder(tmp_path).read("empty.png")


def test_read_of_a_file_that_is_gone_says_so(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="cannot be read: No such file"):
        Folder(tmp_path).read("gone.png")


def test_read_reads_no_more_than_its_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "MAX_READ", 10)
    write(tmp_path, {"fits.png": bytes(10), "long.png": bytes(11)})
    assert Folder(tmp_path).read("fits.png") == bytes(10)
    with pytest.raises(Unusable, match="more than"):
        Folder(tmp_path).read("long.png")
