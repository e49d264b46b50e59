"""The decoding process: ``python -m bot_knowledge.formats.child OPTIONS``. It answers in JSON, with no rights to spare.

A request is a line of JSON ``{"name", "size"}`` and ``size`` bytes; the answer a line of JSON, either
``{"documents": [...]}`` or ``{"reason": "..."}``.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from dataclasses import asdict
from typing import Any

from bot_knowledge.formats.bounds import DecoderOptions

FAULTS = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
    OSError,
)
# RapidOCR imports what it finds; torch alone maps more memory than a file may take.
UNUSED = ("torch", "tensorflow", "paddle", "openvino", "MNN")
NOBODY = "damaged, or not what its ending says"


def main() -> None:
    """Answer requests until the input ends."""
    options = DecoderOptions(**json.loads(sys.argv[1]))
    for name in UNUSED:
        sys.modules[name] = None  # type: ignore[assignment]  # their import fails
    resource.setrlimit(resource.RLIMIT_AS, (options.memory, options.memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    requests = sys.stdin.buffer
    while line := requests.readline():
        asked = json.loads(line)
        data = requests.read(asked["size"])
        answers.write(json.dumps(_answer(data, asked["name"], options), ensure_ascii=False).encode() + b"\n")
        answers.flush()


def _answer(data: bytes, name: str, options: DecoderOptions) -> dict[str, Any]:
    from bot_knowledge.formats.reading import read_all
    from bot_knowledge.loaders.model import Unreadable

    try:
        return {"documents": [[below, asdict(document)] for below, document in read_all(data, name, options)]}
    except Unreadable as error:
        return {"reason": str(error)}
    except (MemoryError, RecursionError) as error:
        return {
            "reason": "takes too much memory to read"
            if isinstance(error, MemoryError)
            else "nested too deeply"
        }
    except FAULTS as error:
        return {"reason": f"{NOBODY} ({type(error).__name__})"}


if __name__ == "__main__":
    main()
