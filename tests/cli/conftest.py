"""Two small tiers from a plugin that only the processes of these tests see."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from tests.supervisor.conftest import Call

PLUGIN = """
import asyncio, os
from starlette.responses import JSONResponse
import catguard

async def hello(request):
    return JSONResponse({"pid": os.getpid()})

def front(context):
    client = context.client("back")
    async def relay(request):
        if "wait" in request.query_params:
            (context.data / "asked").touch()
            await asyncio.sleep(float(request.query_params["wait"]))
        answer = await client.get("/hello", params=dict(request.query_params))
        return JSONResponse(answer.json())
    return context.app({"relay": relay})

async def prepare(context):
    with (context.data / "prepared").open("a") as log:
        log.write("once\\n")
    if context.settings.get("broken"):
        raise catguard.ConfigurationError("the cellar is flooded")

async def fill(context):
    if context.settings.get("empty"):
        raise catguard.ConfigurationError("the shelves are missing")
    (context.data / "filled").touch()

class Front:
    @catguard.hookimpl
    def catguard_tier(self):
        return catguard.Tier("front", app=front)

class Back:
    @catguard.hookimpl
    def catguard_tier(self):
        return catguard.Tier("back", app=lambda context: context.app({"hello": hello}), prepare=prepare, fill=fill)

class Command:
    @catguard.hookimpl
    def catguard_commands(self):
        import click
        return [click.Command("purr", callback=lambda: click.echo("prrr"), help="Purr.")]

front_plugin, back_plugin, command_plugin = Front(), Back(), Command()
"""

ENTRY_POINTS = """
[catguard]
front = toy_tiers:front_plugin
back = toy_tiers:back_plugin
purr = toy_tiers:command_plugin
"""

POLICIES = """
catguard: 1
system: toy
owners: {me: {team: Me, contact: "#me"}}
shapes:
  Answer: {type: object, additionalProperties: false, required: [pid], properties: {pid: {type: integer, minimum: 1, maximum: 99999999, description: a process}}}
  Wait: {properties: {wait: {type: number, minimum: 0, maximum: 30, description: nobody waits longer}}}
components:
  front:
    owner: me
    about: asks
    health: {needs: [back]}
    inbound:
      relay:
        http: GET /
        from: public
        request: {query: {$ref: "#/shapes/Wait"}}
        response: {200: {media: [application/json], body: {$ref: "#/shapes/Answer"}}}
    outbound:
      hello:
        to: back.hello
        request: {query: {$ref: "#/shapes/Wait"}}
        response: {200: {media: [application/json], body: {$ref: "#/shapes/Answer"}}}
  back:
    owner: me
    about: answers
    health: {}
    inbound:
      hello:
        http: GET /hello
        from: [front]
        request: {query: {$ref: "#/shapes/Wait"}}
        response: {200: {media: [application/json], body: {$ref: "#/shapes/Answer"}}}
"""


ANY = ("--bind", "front=127.0.0.1:0", "--bind", "back=127.0.0.1:0")
# The shipped tiers are not declared here; imported they would only cost time.
OTHERS = " ".join(entry.name for entry in entry_points(group="catguard"))


class Run:
    """A `catguard` process in a directory of its own."""

    url: str

    def __init__(self, place: Path, arguments: tuple[str, ...], variables: dict[str, str]) -> None:
        self.place = place
        self.stderr = place / "stderr"
        path = [str(place), *filter(None, [os.environ.get("PYTHONPATH")])]
        with self.stderr.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "catguard", *arguments],
                cwd=place,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(path), "CATGUARD_UP_BLOCK": OTHERS, **variables},
                start_new_session=True,
            )

    def ready(self) -> str:
        """Wait for the line of standard output; returns the address."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("ready http://"), self.told()
        return line.split()[1]

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=30)  # fails if a worker outlives it

    def told(self) -> str:
        return self.stderr.read_text()

    def calling(self, path: str) -> Call:
        """Start a request that waits at the front before it goes on to the back; return when it is at hand."""
        call = Call(self.ready() + path)
        while not (self.place / "var" / "front" / "asked").exists():
            time.sleep(0.05)
        return call

    def end(self, *signals: signal.Signals) -> int:
        """Send signals, wait for the end; returns the exit code. Nothing more may stand on standard output."""
        for one in signals:
            self.process.send_signal(one)
        out, _ = self.process.communicate(timeout=60)
        assert out == ""
        return self.process.returncode


def install(place: Path) -> Path:
    """Put the toy plugin, installed, and its policies.yaml into a directory."""
    (place / "toy_tiers.py").write_text(PLUGIN)
    (place / "policies.yaml").write_text(POLICIES)
    information = place / "toy_tiers-0.1.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-tiers\nVersion: 0.1\n")
    (information / "entry_points.txt").write_text(ENTRY_POINTS)
    return place


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return install(tmp_path)


@pytest.fixture
def here(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make this process see the toy plugin, for commands that start nothing."""
    monkeypatch.chdir(place)
    monkeypatch.syspath_prepend(place)
    monkeypatch.setenv("CATGUARD_UP_BLOCK", OTHERS)
    return place


@pytest.fixture
def catguard(place: Path) -> Iterator[Callable[..., Run]]:
    """Start `catguard ARGUMENT...`; ended after the test."""
    runs: list[Run] = []

    def start(*arguments: str, **variables: str) -> Run:
        runs.append(Run(place, arguments, variables))
        return runs[-1]

    yield start
    for run in runs:
        run.kill()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A system that several tests look at, with two overrides."""
    arguments = ("up", *ANY, "--action", "back.*=audit", "--action", "front.outbound.*=warn")
    run = Run(install(tmp_path_factory.mktemp("running")), arguments, {})
    run.url = run.ready()
    yield run
    run.kill()
