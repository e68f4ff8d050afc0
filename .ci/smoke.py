"""Looks at a freshly started cat service as its first visitor does: the page, then a picture on it.

python smoke.py ports           three free ports as `--bind` takes them
python smoke.py fetch LOG PID   wait for the line `ready http://...` in LOG while PID lives, then fetch
"""

from __future__ import annotations

import os
import re
import socket
import sys
import time
import urllib.request
from pathlib import Path

TIERS = {"frontend": 8000, "catomatic": 8001, "store": 8002}
# Installing and drawing the first pictures on a slow machine.
READY_SECONDS = 300
MAGIC = {
    "image/webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/avif": re.compile(rb"....ftypavif", re.DOTALL),
}


def ports() -> str:
    """Return TIER=ADDRESS of each tier: its default port, or a free one where that is taken."""
    taken: list[socket.socket] = []
    words = []
    for tier, default in TIERS.items():
        probe = socket.socket()
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", default))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        taken.append(probe)
        words.append(f"{tier}=127.0.0.1:{probe.getsockname()[1]}")
    for probe in taken:
        probe.close()
    return " ".join(words)


def wait_for_address(log: Path, pid: int) -> str:
    """Return the address of the line `ready ADDRESS`."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if match := re.search(r"^.*\bready (http://\S+)", log.read_text(errors="replace"), re.MULTILINE):
            return match[1]
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            sys.exit("catguard up ended before it was ready")
        time.sleep(0.2)
    sys.exit(f"catguard up was not ready after {READY_SECONDS} s")


def fetch(address: str) -> None:
    """Fetch the page and the first picture on it; exits with what is wrong."""
    with urllib.request.urlopen(address, timeout=60) as answer:
        page = answer.read().decode()
    pictures = re.findall(r"/pictures/[0-9a-f]{64}\.[a-z]+", page)
    if not pictures:
        sys.exit(f"no picture on the page at {address}:\n{page[:2000]}")
    with urllib.request.urlopen(address.rstrip("/") + pictures[0], timeout=60) as answer:
        media, image = answer.headers.get_content_type(), answer.read()
    if media not in MAGIC or not MAGIC[media].match(image):
        sys.exit(f"{pictures[0]} is {media} and begins with {image[:16]!r}: no picture")
    print(f"{address}: a page of {len(page)} characters with {len(pictures)} pictures")
    print(f"{pictures[0]}: {len(image)} bytes of {media}")


def main() -> None:
    """Run the command of the command line."""
    match sys.argv[1:]:
        case ["ports"]:
            print(ports())
        case ["fetch", log, pid]:
            fetch(wait_for_address(Path(log), int(pid)))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
