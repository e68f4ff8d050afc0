"""`catguard up` as its users run it: real processes, two tiers that call each other."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from click.testing import CliRunner

from catguard.cli.main import cli
from catguard.cli.options import read_address, read_memory, read_url
from catguard.cli.up import listen
from tests.cli.conftest import ANY, Run

Start = Callable[..., Run]


def get(url: str) -> dict[str, int]:
    answer = httpx2.get(url, timeout=20)
    assert answer.status_code == 200, answer.text
    return answer.json()


def invoke(*arguments: str) -> tuple[int, str]:
    """Run a command in this process; returns exit code and what it told, on one line."""
    result = CliRunner().invoke(cli, arguments)
    assert "Traceback" not in result.output
    return result.exit_code, " ".join(result.output.split())


@pytest.fixture(params=[(), ("--in-process",)], ids=["processes", "in process"])
def either(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return request.param


def test_up_serves_fills_and_lets_a_request_through_both_tiers_finish(catguard: Start, either: tuple[str, ...]) -> None:
    run = catguard("up", *ANY, *either)
    while "is complete after" not in run.told():
        time.sleep(0.05)
    assert (run.place / "var" / "back" / "filled").exists()
    call = run.calling("/?wait=1.5")
    assert run.end(signal.SIGINT) == 0
    assert (call.result().json()["pid"] == run.process.pid) == bool(either)
    assert "SIGINT: draining front, back for at most 10 s; once more stops at once" in run.told()
    assert (run.place / "var" / "back" / "prepared").read_text() == "once\n"
    assert "Traceback" not in run.told()


def test_up_second_signal_ends_at_once(catguard: Start, either: tuple[str, ...]) -> None:
    run = catguard("up", *ANY, *either, "--drain", "1m")
    call = run.calling("/?wait=25")
    run.process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert run.end(signal.SIGINT) in (128 + signal.SIGINT, -signal.SIGINT)
    assert call.result() is None


def test_up_in_process_signal_twice_at_the_same_moment_drains(catguard: Start) -> None:
    run = catguard("up", *ANY, "--in-process")
    run.ready()
    run.process.send_signal(signal.SIGTERM)
    time.sleep(0.03)  # at the very same moment the kernel would make one of two
    assert run.end(signal.SIGTERM) == 0


def test_up_tells_what_it_loaded_and_every_override(running: Run) -> None:
    assert re.match(r"toy: policies\.yaml, revision [0-9a-f]{12}\n", running.told())
    assert "action override: back.* = audit\naction override: front.outbound.* = warn\n" in running.told()


def test_up_refuses_a_websocket(running: Run) -> None:
    """By hand: the server has no library for websockets, and would answer as if nobody had asked for one."""
    url = httpx2.URL(running.url)
    handshake = (
        f"GET / HTTP/1.1\r\nHost: {url.host}:{url.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    with socket.create_connection((url.host, url.port), timeout=20) as connection:
        connection.sendall(handshake.encode())
        with connection.makefile("rb") as answer:
            told = answer.read()
    assert told.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert b"content-type: application/problem+json\r\n" in told
    assert b"connection: close\r\n" in told
    assert b"no boundary declares a websocket" in told


def test_up_override_reaches_the_workers(running: Run) -> None:
    assert httpx2.get(running.url + "/?wait=31", timeout=20).status_code == 400
    back = re.search(r"back\[\d+\] serves (http\S+) ", running.told())
    assert back is not None
    assert httpx2.get(back[1] + "/hello?wait=0&cat=1").status_code == 200


def test_up_worker_that_dies_is_told_and_back(running: Run) -> None:
    killed = get(running.url)["pid"]
    os.kill(killed, signal.SIGKILL)
    death = rf"back\[{killed}\] died after .* s: SIGKILL, sender unknown; dmesg .*; starting again in 50 ms"
    while not re.search(death, running.told()):  # a call on its last connection would end with it
        time.sleep(0.01)
    assert get(running.url)["pid"] != killed


def test_up_worker_that_dies_while_the_policy_is_broken_is_back_with_the_last_good_text(catguard: Start) -> None:
    run = catguard("up", *ANY)
    killed = get(run.ready())["pid"]
    (run.place / "policies.yaml").write_text("catguard: [\n")
    os.kill(killed, signal.SIGKILL)
    back = re.search(r"back\[\d+\] serves (\S+) ", run.told())
    assert back is not None
    assert httpx2.get(back[1] + "/healthz", timeout=20).status_code == 200
    assert run.end(signal.SIGTERM) == 0
    assert "error:" not in run.told()


def test_up_tier_that_runs_elsewhere_is_called_there(catguard: Start, running: Run) -> None:
    back = re.search(r"back\[\d+\] serves (\S+) ", running.told())
    assert back is not None
    front = catguard("up", "--address", f"back={back[1]}", "--bind", "front=127.0.0.1:0")
    assert get(front.ready()) == get(running.url)
    assert "back[" not in front.told()


def test_up_is_told_by_the_environment_too(catguard: Start) -> None:
    run = catguard(
        "up",
        CATGUARD_UP_TIERS="back",
        CATGUARD_UP_BIND="back=127.0.0.1:0",
        CATGUARD_UP_ACTION="back.*=audit front.*=warn",
        CATGUARD_UP_DATA="elsewhere",
        CATGUARD_UP_DRAIN="7s",
        CATGUARD_UP_MEMORY="back=1Gi",
        CATGUARD_UP_TRACE="trace.jsonl",
        CATGUARD_UP_POLICIES=f"policies.yaml{os.pathsep}policies.yaml",
    )
    assert httpx2.get(run.ready() + "/healthz").status_code == 200
    assert run.end(signal.SIGTERM) == 0
    told = run.told()
    assert "policies.yaml, policies.yaml, revision" in told
    assert "front.* = warn" in told
    assert "memory limit 1Gi" in told
    assert "draining back for at most 7 s" in told
    assert (run.place / "elsewhere" / "back" / "prepared").exists()
    lines = [json.loads(line) for line in (run.place / "trace.jsonl").read_text().splitlines()]
    assert any("resourceSpans" in line for line in lines)


def test_up_prepare_that_fails_ends_the_run(catguard: Start, either: tuple[str, ...]) -> None:
    run = catguard("up", *ANY, *either, CATGUARD_BACK_BROKEN="yes")
    assert run.end() == 1
    assert "error: the cellar is flooded" in run.told()
    assert "back could not be prepared (exit code 1)" in run.told()


def test_up_filling_that_fails_is_told_and_leaves_the_tiers_serving(catguard: Start, either: tuple[str, ...]) -> None:
    run = catguard("up", *ANY, *either, CATGUARD_BACK_EMPTY="yes")
    url = run.ready()
    while "is not complete: its filling died (exit code 1;" not in run.told():
        time.sleep(0.05)
    assert "error: the shelves are missing" in run.told()
    assert httpx2.get(url).status_code == 200
    assert run.end(signal.SIGTERM) == 0


def test_up_worker_that_cannot_start_ends_the_run(catguard: Start) -> None:
    run = catguard("up", "--block", "back", "--bind", "front=127.0.0.1:0", CATGUARD_UP_BLOCK="")
    assert run.end() == 1
    assert "nothing says where that answers" in run.told()
    assert "front did not start (exit code 1): the reason is above" in run.told()


def test_listen_gives_tiers_without_an_address_free_ports_from_8003_in_order() -> None:
    listeners = listen(["a", "b", "c"], {"b": ("127.0.0.1", 0)})
    ports = {tier: listener.getsockname()[1] for tier, listener in listeners.items()}
    for listener in listeners.values():
        listener.close()
    assert list(ports) == ["a", "b", "c"]
    assert 8003 <= ports["a"] < ports["c"] < 8100


def test_up_port_in_use_names_tier_address_and_remedy(here: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, told = invoke("up", "--bind", f"back=127.0.0.1:{port}")
    assert code == 1
    assert f"error: back cannot listen on 127.0.0.1:{port}: another process has that port; give it" in told


def test_up_bad_policy_is_told_without_a_traceback(here: Path) -> None:
    (here / "policies.yaml").write_text("catguard: 1\nsytem: toy\n")
    code, told = invoke("up")
    assert code == 1
    assert told.startswith("error: policies.yaml:1:1: ")
    assert "policies.yaml:2:1: unknown key" in told


def test_command_of_a_plugin_is_offered(here: Path) -> None:
    assert invoke("purr") == (0, "prrr")
    listed = invoke("--help")[1]
    assert "purr Purr." in listed
    assert "worker" not in listed


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["bakc"], 1, "the policy declares no component bakc; did you mean 'back'?"),
        (["back", "--block", "back"], 1, "no installed plugin serves the tier back"),
        (["--block", "back", "--block", "front"], 1, "there is no tier to start"),
        (["back", "--address", "back=http://x"], 2, "back is to be started here, and --address says"),
        (["--address", "bakc=http://x"], 2, "there is no tier bakc here; did you mean 'back'?"),
        (["--bind", "bakc=127.0.0.1:0"], 2, "there is no tier bakc here"),
        (["--memory", "bakc=1Gi"], 2, "there is no tier bakc here"),
        (["--bind", "back=127.0.0.1:0", "--bind", "back=127.0.0.1:0"], 2, "back is given twice"),
        (["--bind", "back"], 2, "'back' is not written TIER=HOST:PORT"),
        (["--bind", "back=8000"], 2, "is not HOST:PORT"),
        (["--memory", "back=12 apples"], 2, "is no quantity"),
        (["--memory", "back=1Ki"], 2, "less than a Python process needs"),
        (["--drain", "soon"], 2, "is no duration"),
        (["--action", "back.*=shout"], 2, "not an action override"),
        (["--action", "bakc.*=audit"], 1, "--action bakc.*=audit matches no boundary"),
        (["--data", "/proc/self/cats"], 1, "/proc/self/cats/.policies cannot be written: "),
        (["--trace", "jaeger"], 2, "give console, otlp, or a path that ends in .jsonl"),
        (["--trace", "nowhere/trace.jsonl"], 2, "there is no folder nowhere; make it first"),
        (["--in-process", "--memory", "back=1Gi"], 2, "--in-process has none"),
        (["--address", "back=ftp://x"], 2, "is not an address like"),
        (["--policies", "nowhere.yaml"], 1, "nowhere.yaml"),
    ],
)
def test_up_wrong_use_says_what_to_do(here: Path, arguments: list[str], code: int, message: str) -> None:
    assert (found := invoke("up", *arguments))[0] == code
    assert message in found[1]


def test_up_help_has_examples_and_every_variable() -> None:
    text = CliRunner().invoke(cli, ["up", "--help"]).output
    assert "Examples:" in text
    for variable in (
        "BIND",
        "ADDRESS",
        "DATA",
        "POLICIES",
        "ACTION",
        "MEMORY",
        "DRAIN",
        "TRACE",
        "IN_PROCESS",
        "TIERS",
    ):
        assert f"CATGUARD_UP_{variable}" in text


def test_version_is_shown() -> None:
    assert re.fullmatch(r"catguard \d+\.\d+\.\d+\n", CliRunner().invoke(cli, ["--version"]).output)


@pytest.mark.parametrize(
    ("text", "read"),
    [("127.0.0.1:0", ("127.0.0.1", 0)), ("[::1]:8000", ("::1", 8000)), ("localhost:65535", ("localhost", 65535))],
)
def test_read_address_accepts(text: str, read: tuple[str, int]) -> None:
    assert read_address(text) == read


@pytest.mark.parametrize("text", ["", ":8000", "localhost", "localhost:", "localhost:65536", "::1:8000", "a:-1", "a:٣"])
def test_read_address_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"HOST:PORT|brackets"):
        read_address(text)


def test_read_url_drops_the_last_slash() -> None:
    assert read_url("http://127.0.0.1:8001/") == "http://127.0.0.1:8001"


@pytest.mark.parametrize("text", ["512Mi", "512MiB"])
def test_read_memory_reads_quantities(text: str) -> None:
    assert read_memory(text) == 512 * 2**20
