from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from catguard_store.imports.labels import Defaults
from catguard_store.imports.supply import Files
from catguard_store.records import Picture

from .conftest import ROOT, Store
from .corpus import animated, cut_out, encoded, every_mode, pack, photo, png, write

LICENCE = ("--licence", "CC-BY-4.0", "--author", "Ann Author")


@dataclass(frozen=True)
class Imported:
    """One import of good and bad files that many tests look at."""

    files: dict[str, bytes]
    report: dict[str, Any]
    store: Store

    def refusal(self, name: str) -> dict[str, str]:
        found: dict[str, str] = next(refusal for refusal in self.report["refused"] if refusal["name"] == name)
        return found

    def picture(self, name: str) -> Picture:
        digest = hashlib.sha256(self.files[name]).hexdigest()
        return self.store.pictures()[f"imported/{digest[:16]}/{name}"]


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Imported:
    place = tmp_path_factory.mktemp("import")
    good = {f"modes/{name}": data for name, data in every_mode().items()} | {
        "ragdoll/1.jpg": encoded(photo(seed=11), "JPEG"),
        "Russian Blue/1.jpg": encoded(photo(seed=12), "JPEG"),
        "siamese/sitting/x.png": encoded(cut_out(200, 200, (20, 40, 140, 190)), "PNG"),
        "siamese/lying.png": encoded(photo(seed=13), "JPEG"),
        "scenes/my-garden/back.png": encoded(photo(320, 240, seed=14), "PNG"),
        "scenes/my-garden/foreground.png": encoded(cut_out(320, 240), "PNG"),
        "sidecar/1.jpg": encoded(photo(seed=15), "JPEG"),
    }
    bad = {
        "flat.jpg": encoded(photo(seed=21), "JPEG"),
        "siamese/half.jpg": encoded(photo(seed=22), "JPEG")[:3000],
        "siamese/bomb.png": png(30_000, 30_000, rows=1),
        "siamese/wide.png": png(2**31 - 1, 16, rows=1),
        "siamese/lies.png": png(300, 300, rows=1),
        "siamese/animated.png": animated("PNG"),
        "siamese/animated.webp": animated("WEBP"),
        "siamese/animated.avif": animated("AVIF"),
        "siamese/text.jpg": b"hello",
        "siamese/long.jpg": encoded(photo(seed=23), "JPEG") + bytes(20 * 1024 * 1024),
        "siamese/stripe.png": encoded(photo(500, 100, seed=24), "PNG"),
        "siamese/tiny.png": encoded(photo(15, 15, seed=25), "PNG"),
        "siamese/tiff.tiff": encoded(photo(seed=26), "TIFF"),
        "scenes/holes/back.png": encoded(cut_out(300, 200), "PNG"),
        "scenes/holes/foreground.png": encoded(photo(seed=27), "PNG"),
    }
    other = {
        "again/1.jpg": good["ragdoll/1.jpg"],
        "readme.txt": b"hello",
        ".hidden.jpg": good["ragdoll/1.jpg"],
        "cats.csv": b"file,breed,anchors,author\nsidecar/1.jpg,Maine Coon,nose 0.5 0.3,Zo\xc3\xab\nabsent.jpg,x,,\n",
    }
    files = good | bad | other
    store = Store(place / "var")
    report = store.take(write(place / "photos", files), *LICENCE)
    return Imported(files, report, store)


def test_import_takes_every_format_and_mode(imported: Imported) -> None:
    names = {entry["name"] for entry in imported.report["imported"]}
    assert {name for name in imported.files if name.startswith("modes/")} <= names


def test_import_says_what_folders_say(imported: Imported) -> None:
    found = {name: imported.picture(name) for name in ("Russian Blue/1.jpg", "siamese/sitting/x.png")}
    assert [(picture.breed, picture.pose, picture.opaque) for picture in found.values()] == [
        ("russian-blue", "posing", True),
        ("siamese", "sitting", False),
    ]
    assert all((picture.licence, picture.author) == ("CC-BY-4.0", "Ann Author") for picture in found.values())


def test_import_cuts_out_what_is_opaque(imported: Imported) -> None:
    picture = imported.picture("siamese/sitting/x.png")
    assert (picture.width, picture.height) == (120, 150)


def test_import_reads_the_sidecar(imported: Imported) -> None:
    picture = imported.picture("sidecar/1.jpg")
    assert (picture.breed, picture.author, picture.anchors) == ("maine-coon", "Zoë", {"nose": (0.5, 0.3)})
    assert imported.refusal("absent.jpg")["reason"] == "cats.csv:3 names it, and it is not there"


def test_import_takes_layers_of_scenes(imported: Imported) -> None:
    layers = [imported.picture(f"scenes/my-garden/{layer}.png") for layer in ("back", "foreground")]
    assert [(picture.kind, picture.breed, picture.pose, picture.layer, picture.opaque) for picture in layers] == [
        ("scene", "my-garden", "scene", "back", False),
        ("scene", "my-garden", "scene", "foreground", False),
    ]
    assert {(picture.width, picture.height) for picture in layers} == {(320, 240)}


def test_import_decides_by_content_and_says_so(imported: Imported) -> None:
    entry = next(entry for entry in imported.report["imported"] if entry["name"] == "siamese/lying.png")
    assert entry["note"] == "its name ends in .png, and it is JPEG"


def test_import_tells_duplicates_and_stores_them_once(imported: Imported) -> None:
    (duplicate,) = imported.report["duplicates"]
    (taken,) = [entry for entry in imported.report["imported"] if entry["name"] == "again/1.jpg"]
    assert (duplicate["name"], duplicate["id"]) == ("ragdoll/1.jpg", taken["id"])
    assert duplicate["picture"] == "again, posing"


def test_import_takes_the_file_that_the_sidecar_knows_before_its_copies(store: Store, photos: Path) -> None:
    data = encoded(photo(), "JPEG")
    write(photos, {"a/1.jpg": data, "b/1.jpg": data, "cats.csv": b"file,breed\nb/1.jpg,Ragdoll\n"})
    report = store.take(photos, *LICENCE)
    assert [entry["picture"] for entry in report["imported"] + report["duplicates"]] == ["ragdoll, posing"] * 2


def test_hidden_files_that_the_sidecar_names_are_refused(photos: Path) -> None:
    write(photos, {".a.png": b"x", ".b.png": b"x", "cats.csv": b"file,breed\n.a.png,Tom\n.c.png,Tom\n"})
    with contextlib.closing(Files(photos, defaults=Defaults())) as files:
        assert [str(refusal) for refusal in files.refused] == [
            ".a.png: cats.csv:2 names it, and it is hidden",
            ".c.png: cats.csv:3 names it, and it is not there",
        ]
        assert [other.name for other in files.passed_over] == [".b.png"]


def test_import_passes_over_what_is_no_picture(imported: Imported) -> None:
    assert imported.report["passed_over"] == [
        {"name": ".hidden.jpg", "reason": "hidden"},
        {"name": "readme.txt", "reason": "no picture"},
    ]


@pytest.mark.parametrize(
    ("name", "reason", "assumption"),
    [
        ("flat.jpg", "nothing says the breed", None),
        ("siamese/half.jpg", "it is damaged: image file is truncated", None),
        (
            "siamese/bomb.png",
            "is 30000x30000 pixels, 900 megapixels; a file of 10 kB may decode to gigabytes",
            "not-a-bomb",
        ),
        (
            "siamese/wide.png",
            "is 2147483647x16 pixels, 34,360 megapixels; width must be at most 65535: no JPEG is larger",
            "args/width/maximum",
        ),
        ("siamese/lies.png", "it is damaged: its header declares", None),
        ("siamese/animated.png", "is animated (3 frames); nobody composes films here", "still"),
        ("siamese/animated.webp", "is animated (3 frames); nobody composes films here", "still"),
        ("siamese/animated.avif", "is animated (3 frames); nobody composes films here", "still"),
        ("siamese/text.jpg", "the bytes do not begin as a WebP, PNG, JPEG, AVIF or GIF", None),
        ("siamese/long.jpg", "bytes must be at most 20971520: a file of more than 20 MiB", "args/bytes/maximum"),
        ("siamese/stripe.png", "is 500x100 pixels; what is more than four times as long", "no-stripe"),
        (
            "siamese/tiny.png",
            "is 15x15 pixels; width and height must be at least 16: below 16 pixels nothing is a cat",
            "args/width/minimum",
        ),
        ("siamese/tiff.tiff", "the bytes do not begin as a WebP, PNG, JPEG, AVIF or GIF", None),
        ("scenes/holes/back.png", "nothing is behind the back of a scene", "back-without-holes"),
        ("scenes/holes/foreground.png", "without transparency hides", "cats-shine-through"),
    ],
)
def test_import_refuses_by_name_with_reason(imported: Imported, name: str, reason: str, assumption: str | None) -> None:
    refusal = imported.refusal(name)
    assert reason in refusal["reason"]
    assert refusal.get("assumption") == assumption
    assert ("policy" in refusal) == (assumption is not None)
    if assumption:
        assert refusal["policy"].partition(":")[0].endswith("policies.yaml")


def test_import_accounts_for_every_file(imported: Imported) -> None:
    told = [entry["name"] for part in imported.report.values() for entry in part]
    assert sorted(told) == sorted({*imported.files, "absent.jpg"} - {"cats.csv"})


def test_import_again_stores_nothing_new(imported: Imported) -> None:
    before = imported.store.pictures()
    again = imported.store.take(imported.store.data.parent / "photos", *LICENCE)
    assert again["imported"] == []
    assert len(again["duplicates"]) == len(imported.report["imported"]) + 1
    assert imported.store.pictures() == before


def test_import_of_files_of_one_name_keeps_both(store: Store, photos: Path) -> None:
    write(photos, {"a/1.jpg": encoded(photo(seed=1), "JPEG"), "b/1.jpg": encoded(photo(seed=2), "JPEG")})
    store.take(photos, *LICENCE)
    write(photos, {"a/1.jpg": encoded(photo(seed=3), "JPEG")})
    store.take(photos, *LICENCE)
    assert sorted(picture.breed for picture in store.pictures().values()) == ["a", "a", "b"]


def test_import_tells_people_what_became_of_each(store: Store, photos: Path) -> None:
    write(
        photos,
        {"Møns/1.png": encoded(photo(), "JPEG"), "tom/2.jpg": b"x", "notes.txt": b"x", ".x": b"x", "old.zip": b"x"},
    )
    done = store.run("import", photos, "--licence", "MIT")
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "Møns/1.png: its name ends in .png, and it is JPEG",
        "folder 'Møns' is breed mons",
        "refused:",
        "  tom/2.jpg: the bytes do not begin as a WebP, PNG, JPEG, AVIF or GIF picture",
        "1 picture imported, 0 duplicates, 1 refused, "
        "3 other files passed over (an archive within: 1, hidden: 1, no picture: 1)",
    ]
    assert "store: importing pictures: 100 % (4 of 4)" in done.stderr


def test_import_without_a_licence_is_refused_as_the_policy_says(store: Store, photos: Path) -> None:
    write(photos, {"tom/1.jpg": encoded(photo(), "JPEG")})
    done = store.run("import", photos)
    assert done.exit_code == 1
    assert (
        "tom/1.jpg: has no licence; a picture without a licence is not shown [args/licence/minLength, " in done.stdout
    )
    assert "--licence" in done.stdout
    assert store.pictures() == {}


def test_import_rehearsed_stores_nothing_and_says_the_same(store: Store, photos: Path) -> None:
    data = encoded(photo(), "JPEG")
    write(photos, {"tom/1.jpg": data, "tom/2.jpg": data, "tom/3.jpg": b"x"})
    rehearsed = store.take(photos, "--dry-run", *LICENCE)
    assert store.pictures() == {}
    real = store.take(photos, *LICENCE)
    assert [len(rehearsed[part]) for part in ("imported", "duplicates", "refused")] == [1, 1, 1]
    assert rehearsed["refused"] == real["refused"]


@pytest.mark.parametrize("top", ["", "my cats/"])
def test_import_of_an_archive(store: Store, tmp_path: Path, top: str) -> None:
    files = {
        f"{top}cats.csv": b"file,breed\ntom/1.jpg,Ragdoll\n",
        f"{top}tom/1.jpg": encoded(photo(), "JPEG"),
        f"{top}../out.jpg": encoded(photo(), "JPEG"),
    }
    report = store.take(pack(tmp_path / "cats.zip", files), *LICENCE)
    assert [(entry["name"], entry["picture"]) for entry in report["imported"]] == [
        (f"{top}tom/1.jpg", "ragdoll, posing")
    ]
    assert [refusal["reason"] for refusal in report["refused"]] == ["its name leads out of the archive"]


def test_import_of_half_an_archive_says_that_it_is_damaged(store: Store, tmp_path: Path) -> None:
    path = pack(tmp_path / "cats.zip", {"tom/1.jpg": encoded(photo(), "JPEG")})
    for length, said in ((path.stat().st_size // 2, "is a damaged ZIP: "), (3, "begins as none"), (0, "is empty")):
        path.write_bytes(path.read_bytes()[:length])
        done = store.run("import", path, *LICENCE)
        assert (done.exit_code, said in done.output) == (2, True), done.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give a folder or a ZIP to import from, or --pack"),
        (("nowhere",), "does not exist"),
        (("policies.yaml",), "is neither a folder nor a ZIP"),
        (("catguard", "--pack", "revoy"), "or --pack"),
        (("--pack", "garfield"), "'garfield' is not 'revoy'"),
        (("docs", "--sidecar", "policies.yaml"), "policies.yaml:1: "),
    ],
)
def test_import_of_what_makes_no_sense_is_a_usage_error(
    store: Store, arguments: tuple[str, ...], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    done = store.run("import", *arguments)
    assert (done.exit_code, message in done.output) == (2, True), done.output
