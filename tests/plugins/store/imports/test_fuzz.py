"""Mutated pictures: none kills the import, and none that passes fails to be rendered later."""

from __future__ import annotations

import asyncio
import os
import re
import struct
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from random import Random

import PIL.Image
import pytest

import catguard
from catguard_catomatic import pixels
from catguard_catomatic.compose import compose
from catguard_catomatic.outlines import outline_of
from catguard_catomatic.pictures import Picture
from catguard_catomatic.plan import cast, plan
from catguard_catomatic.recipe import SceneRecipe
from catguard_store.admission import Admit, Admitted, Candidate, Proposal, admission, admit_args, admit_result
from catguard_store.imports.darkroom import Darkroom
from catguard_store.imports.developing import Film
from catguard_store.imports.report import Unusable

from ...catomatic import shapes
from .corpus import animated, every_mode

Mutation = Callable[[bytes, Random, Sequence[bytes]], bytes]
#: Numbers that change what a length or a size means.
EDGES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)


def truncate(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    return data[: random.randrange(len(data))]


def flip(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 8, 64))):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def splice(data: bytes, random: Random, corpus: Sequence[bytes]) -> bytes:
    """The beginning of one file, and the end of another one."""
    other = random.choice(corpus)
    return data[: random.randrange(1, len(data))] + other[random.randrange(len(other)) :]


def edit_header(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    """Write a number of two or four bytes, of either order, somewhere in the first bytes."""
    changed, form = bytearray(data), random.choice(("<H", ">H", "<I", ">I"))
    size = struct.calcsize(form)
    value = random.choice((*EDGES, random.randrange(2**16))) & (2 ** (8 * size) - 1)
    place = random.randrange(max(1, min(len(data), 400) - size))
    changed[place : place + size] = struct.pack(form, value)
    return bytes(changed)


def repeat(data: bytes, random: Random, _: Sequence[bytes]) -> bytes:
    start, end = sorted((random.randrange(len(data)), random.randrange(len(data))))
    return data[:end] + data[start:end] * random.choice((1, 2, 20)) + data[end:]


def resize_png(data: bytes, random: Random, corpus: Sequence[bytes]) -> bytes:
    """Another size, depth or colour type in the header of a PNG, with a check sum that is right."""
    if not data.startswith(b"\x89PNG"):
        return edit_header(data, random, corpus)
    header = bytearray(data[12:29])
    place = random.choice((4, 8, 12, 13, 16))
    if place < 12:
        struct.pack_into(">I", header, place, random.choice((1, 17, 64, 240, 1000, 30_000)))
    else:
        header[place] = random.choice((0, 1, 2, 3, 4, 6, 8, 16))
    return data[:12] + bytes(header) + struct.pack(">I", zlib.crc32(header)) + data[33:]


MUTATIONS: tuple[Mutation, ...] = (truncate, flip, splice, edit_header, repeat, resize_png)


async def outcome(data: bytes, darkroom: Darkroom, admit: Admit) -> Admitted | str:
    """What becomes of a file: admitted, or the kind of what is said of it; anything else is raised."""
    proposal = Proposal("cat", "tom", "posing", None, (), "MIT", None, "imported/0/1", f"{zlib.crc32(data):064x}")
    try:
        facts = await darkroom.look(data)
        film = Film(data, facts, "cat", {"nose": (0.5, 0.5)})
        size = facts.width, facts.height, facts.frames
        return await admit(Candidate(proposal, max(1, len(data)), *size, film))
    except Unusable as error:
        # What a decoder does not expect is told by name too, and yet is a fault of ours.
        return str(error) if re.match("its decoder (died|failed)", str(error)) else "unusable"
    except catguard.CallRefused as error:
        return error.violations[0].assumption


def render(admitted: Admitted) -> None:
    """Decode every image as Cat-o-matic does, and compose a picture with the cat in a scene."""
    cat = Picture.from_wire(admitted.picture.as_json())
    layers = [shapes.layer("back"), shapes.layer("foreground")]
    decoded: dict[tuple[str, int], PIL.Image.Image] = {}
    for stored in admitted.images:
        image = decoded[cat.digest, stored.width] = pixels.decode(stored.bytes)
        assert image.size == (stored.width, stored.height)
        assert min(image.size) >= 16
        assert max(image.size) <= 4096
    recipe = SceneRecipe("tom", "garden", 1, 120, 90, "webp", 1)
    chosen = cast(recipe, [cat], layers)
    images = {key: shapes.image(each) for each in chosen.outlined if (key := each.key) not in decoded} | decoded
    planned = plan(chosen, {each.picture.digest: outline_of(images[each.key]) for each in chosen.outlined})
    drawn = {each.key: decoded[each.key] if each.key in decoded else shapes.image(each) for each in planned.needs}
    assert compose(planned, drawn, resize=pixels.resize).size == (120, 90)


async def hold(count: int, guard: catguard.Guard, *, seed: int) -> Counter[str]:
    """Mutate, take in and render; how often what became of the files."""
    random, corpus = Random(seed), [*every_mode(64, 48).values(), *(animated(form) for form in ("PNG", "WEBP", "AVIF"))]
    counts: Counter[str] = Counter()
    async with Darkroom(workers=2, cpu_seconds=10) as darkroom:
        admit = guard.call("admit", args=admit_args, result=admit_result)(admission(darkroom.develop))

        async def work(files: Iterator[bytes]) -> None:
            for data in files:
                found = await outcome(data, darkroom, admit)
                if isinstance(found, Admitted):
                    await asyncio.to_thread(render, found)
                    found = "rendered"
                counts[found] += 1

        files = (random.choice(MUTATIONS)(random.choice(corpus), random, corpus) for _ in range(count))
        async with asyncio.TaskGroup() as group:
            for _ in range(darkroom.workers):
                group.create_task(work(files))
    return counts


async def test_mutated_pictures_are_refused_or_rendered(guard: catguard.Guard) -> None:
    counts = await hold(300, guard, seed=20261123)
    assert counts.total() == 300
    assert not [found for found in counts if found.startswith("its decoder")], counts
    # Both ends must be reached, else nothing was held.
    assert counts["rendered"] > 30
    assert counts["unusable"] > 30


@pytest.mark.long
@pytest.mark.timeout(3600)
async def test_ten_thousand_mutated_pictures_are_refused_or_rendered(guard: catguard.Guard) -> None:
    counts = await hold(10_000, guard, seed=int(os.environ.get("CATGUARD_SEED", "1")))
    print(dict(counts))
    assert not [found for found in counts if found.startswith("its decoder")], counts
