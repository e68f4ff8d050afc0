"""The requests of the documentation are made, and answered as it says."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.system.running import PATIENCE, System

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "docs" / "http.md", *sorted(ROOT.glob("plugins/*/README.md")))
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
HERE = {
    "http://127.0.0.1:8000": "frontend",
    "http://127.0.0.1:8001": "catomatic",
    "http://127.0.0.1:8002": "store",
}
SOMEBODY = "0123456789abcdef"  # on the pages, the id of a tabby that sleeps


@dataclass(frozen=True, slots=True)
class Example:
    """A request by curl and what is shown of its answer; `…` stands for anything."""

    page: Path
    tier: str
    path: str
    headers: dict[str, str]
    data: str | None
    head: tuple[str, ...]
    body: str


def examples() -> Iterator[Example]:
    for page in PAGES:
        for block in BLOCK.findall(page.read_text()):
            for text in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                command, _, answer = text.partition("\n")
                program, option, *words, address = shlex.split(command)
                assert (program, option, set(words[::2]) <= {"-H", "--json"}) == ("curl", "-si", True), command
                given = list(zip(words[::2], words[1::2], strict=True))
                (here,) = [here for here in HERE if address.startswith(here)]
                head, _, body = answer.partition("\n\n")
                yield Example(
                    page,
                    HERE[here],
                    address.removeprefix(here),
                    dict(header.split(": ", 1) for option, header in given if option == "-H"),
                    dict(given).get("--json"),
                    tuple(head.splitlines()),
                    body.strip(),
                )


@pytest.fixture(scope="module")
def tabby(system: System) -> str:
    query = {"kind": "cat", "breed": "tabby", "pose": "sleeping", "limit": 1}
    found = httpx2.get(f"{system.addresses['store']}/v1/pictures", params=query, timeout=PATIENCE).json()["pictures"]
    return str(found[0]["id"])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_page_has_examples(page: Path) -> None:
    assert any(example.page == page for example in examples())


@pytest.mark.parametrize("example", tuple(examples()), ids=lambda example: f"{example.tier}{example.path}")
def test_request_of_the_page_is_answered_as_it_says(system: System, tabby: str, example: Example) -> None:
    headers = httpx2.Headers({"accept": "*/*"})  # curl's own
    headers.update(example.headers)
    address = system.addresses[example.tier] + example.path.replace(SOMEBODY, tabby)
    if example.data is None:
        answer = httpx2.get(address, headers=headers, timeout=PATIENCE)
    else:
        headers |= {"content-type": "application/json", "accept": "application/json"}  # what curl makes of --json
        data = example.data.replace(SOMEBODY, tabby)
        answer = httpx2.post(address, headers=headers, content=data, timeout=PATIENCE)

    status, *shown = example.head
    assert f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}" == status
    for line in shown:
        name, _, value = line.partition(": ")
        assert like(value, answer.headers.get(name, "")), f"{name}: {answer.headers.get(name)}"
    assert not example.body or like(example.body.replace(SOMEBODY, tabby), answer.text), answer.text


def like(shown: str, text: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, shown.split("…"))), text, re.DOTALL) is not None
