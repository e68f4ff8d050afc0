"""The decoder: a process that works on one picture after the other under limits; the darkroom starts and ends it.

It is asked by pickle, which its parent writes, and answers by JSON and bytes, which cannot do more than be read: a
picture that took over this process would have the parent read nothing else.
"""

import json
import os
import pickle
import resource
import signal
import struct
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

import PIL.AvifImagePlugin
import PIL.GifImagePlugin
import PIL.Image
import PIL.JpegImagePlugin
import PIL.MpoImagePlugin
import PIL.PngImagePlugin
import PIL.WebPImagePlugin  # all plugins are there before memory becomes scarce

import catguard
from catguard_store.admission import Developed
from catguard_store.imports.developing import Facts
from catguard_store.imports.report import Unusable

LENGTHS: Final = struct.Struct(">Q")


def answer(result: Facts | Developed) -> tuple[dict[str, Any], list[bytes]]:
    """What goes over the pipe of a result: a document, and blobs behind it."""
    if isinstance(result, Facts):
        return {"facts": [result.format, result.width, result.height, result.frames]}, []
    images = [[image.width, image.height] for image in result.images]
    anchors = {name: list(point) for name, point in result.anchors.items()}
    document = {"developed": {"images": images, "anchors": anchors, "opaque": result.opaque}}
    return document, [image.bytes for image in result.images]


def work(job: Callable[[], Facts | Developed], memory: int) -> tuple[dict[str, Any], list[bytes]]:
    """Run a job; what is wrong with its picture is an answer, too."""
    try:
        return answer(job())
    except Unusable as error:
        return {"unusable": str(error)}, []
    except MemoryError:
        return {"unusable": f"it takes more than {memory // 1024**2} MiB to decode"}, []
    except Exception as error:  # noqa: BLE001 # decoders may raise anything at hostile bytes, and the next file waits
        return {"unusable": f"its decoder failed: {type(error).__name__}: {error}"}, []


def confine(limit: int, most: int, *, again: bool = False) -> None:
    """Set a limit of this process, no higher than whoever started it allows.

    Args:
        limit: One of `resource`'s.
        most: What is allowed.
        again: Whether it will be set again: the hard limit, which only falls, is left as it is.
    """
    _, hard = resource.getrlimit(limit)
    soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(limit, (soft, hard if again else soft))


def main(memory: int, seconds: int) -> None:
    """Answer until standard input ends.

    Args:
        memory: Bytes that a picture may take above what the interpreter has.
        seconds: Of CPU time for each picture.
    """
    questions = sys.stdin.buffer
    # Nothing that a library prints may get between the answers.
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        warnings.simplefilter("ignore")
        # Which sizes are too large the policy has said; Pillow's own limit would only warn.
        PIL.Image.MAX_IMAGE_PIXELS = None
        PIL.AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # each further one reserves memory, and other decoders run beside
        catguard.image_facts(b"GIF89a\1\0\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\0;", "image/gif")
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + memory
        confine(resource.RLIMIT_AS, limit)
        confine(resource.RLIMIT_FSIZE, 0)
        confine(resource.RLIMIT_CORE, 0)
        while (question := _read(questions)) is not None:
            used = resource.getrusage(resource.RUSAGE_SELF)
            spent = int(used.ru_utime + used.ru_stime) + 1
            confine(resource.RLIMIT_CPU, spent + seconds, again=True)
            document, blobs = work(pickle.loads(question), memory)
            del question
            _write(answers, json.dumps({**document, "blobs": [len(blob) for blob in blobs]}).encode(), *blobs)


def _read(file: BinaryIO) -> bytes | None:
    """The next question; None when whoever asked is gone, in the middle of one or before it."""
    head = file.read(LENGTHS.size)
    if len(head) < LENGTHS.size:
        return None
    (length,) = LENGTHS.unpack(head)
    question = file.read(length)
    return question if len(question) == length else None


def _write(file: BinaryIO, document: bytes, *blobs: bytes) -> None:
    file.write(LENGTHS.pack(len(document)))
    file.write(document)
    for blob in blobs:
        file.write(blob)
    file.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal: whoever asks decides what it means
    with suppress(BrokenPipeError):  # nobody is left to answer
        main(int(sys.argv[1]), int(sys.argv[2]))
