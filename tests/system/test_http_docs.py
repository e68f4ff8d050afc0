"""The requests of docs/http.md are made, and answered as it says."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.system.running import PATIENCE, System

PAGE = Path(__file__).parents[2] / "docs" / "http.md"
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
HERE = "http://127.0.0.1:8000"


@dataclass(frozen=True, slots=True)
class Example:
    """A request by curl and what is shown of its answer; `…` stands for anything."""

    path: str
    headers: dict[str, str]
    head: tuple[str, ...]
    body: str


def examples() -> Iterator[Example]:
    for block in BLOCK.findall(PAGE.read_text()):
        for text in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, answer = text.partition("\n")
            program, option, *words, address = shlex.split(command)
            assert (program, option, set(words[::2]) <= {"-H"}) == ("curl", "-si", True), command
            assert address.startswith(HERE)
            head, _, body = answer.partition("\n\n")
            headers = dict(header.split(": ", 1) for header in words[1::2])
            yield Example(address.removeprefix(HERE), headers, tuple(head.splitlines()), body.strip())


def test_page_has_examples() -> None:
    assert len(list(examples())) >= 6


@pytest.mark.parametrize("example", tuple(examples()), ids=lambda example: example.path)
def test_request_of_the_page_is_answered_as_it_says(system: System, example: Example) -> None:
    headers = httpx2.Headers({"accept": "*/*"})  # curl's own
    headers.update(example.headers)
    answer = httpx2.get(system.addresses["frontend"] + example.path, headers=headers, timeout=PATIENCE)

    status, *shown = example.head
    assert f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}" == status
    for line in shown:
        name, _, value = line.partition(": ")
        assert like(value, answer.headers.get(name, "")), f"{name}: {answer.headers.get(name)}"
    assert not example.body or like(example.body, answer.text), answer.text


def like(shown: str, text: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, shown.split("…"))), text, re.DOTALL) is not None
