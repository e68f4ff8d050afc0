"""How long many boundaries take to load, and how much memory each keeps: each load in a process of its own.

It is time of the processor, which others on the machine disturb less.
"""

from __future__ import annotations

import gc
import multiprocessing
import resource
import time
from typing import Any

from catguard.policies.loader import compile_texts
from catguard.policies.sources import Sources
from catguard.reloading import PolicyLoader

HEAD = """catguard: 1
system: bench
owners: {bench: {team: Bench, contact: "#bench"}}
components:
  bench:
    owner: bench
    about: many
    inbound:
"""
#: Five assumptions are written: two bounds and a length of the shape, a limit, a rule.
BOUNDARY = """      take-{number}:
        http: POST /v1/take-{number}
        from: public
        request:
          max_bytes: {{limit: 4Ki, why: an order is short}}
          body:
            type: object
            additionalProperties: false
            properties:
              width: {{type: integer, minimum: 1, maximum: 4096}}
              name: {{type: string, maxLength: 32}}
          assume:
            not-wider: {{rule: "!has(request.body.width) || request.body.width * 2 <= {number} + 8000", why: memory}}
        response: {{204: {{}}}}
"""


def policies(count: int) -> str:
    """Return a policy with many boundaries."""
    return HEAD + "".join(BOUNDARY.format(number=number) for number in range(count))


def _resident() -> int:
    """Return the kilobytes of memory that this process has now."""
    with open("/proc/self/statm") as status:
        return int(status.read().split()[1]) * resource.getpagesize() // 1024


def _load(count: int, result: Any) -> None:
    compile_texts([("warm.yaml", policies(2))])
    loader = PolicyLoader(lambda: Sources((("many.yaml", policies(count)),)), "bench")
    sources = loader.read()
    gc.collect()
    before = _resident()
    started = time.process_time()
    kept = loader.compile(sources)
    seconds = time.process_time() - started
    gc.collect()
    result.send((seconds, (_resident() - before) / len(kept.boundaries)))


def load(count: int) -> tuple[float, float]:
    """Return the seconds in which so many boundaries are loaded, and the kilobytes that each of them keeps."""
    parent, child = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_load, args=(count, child))
    process.start()
    child.close()  # so that a process that dies is told
    found: tuple[float, float] = parent.recv()
    process.join()
    return found
