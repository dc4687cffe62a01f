"""`PYTHONPATH=lambda_src python -m rating`: rate cases from standard input, one JSON object per line.

Every line has its answer before the next is read, so that the command can be talked to through pipes.
"""

import json
import sys
from collections.abc import Iterator
from typing import BinaryIO

from rating.case import answer

_LONGEST_LINE = 1 << 20


def serve(cases: BinaryIO, answers: BinaryIO) -> None:
    """Write one line of JSON for each line of JSON; a line of more than a MiB is refused without being kept."""
    for line in _lines(cases):
        reply = {"error": f"must be {_LONGEST_LINE} bytes at most"} if line is None else answer(line)
        answers.write(json.dumps(reply).encode() + b"\n")
        answers.flush()


def _lines(cases: BinaryIO) -> Iterator[bytes | None]:
    while line := cases.readline(_LONGEST_LINE + 1):
        if len(line) <= _LONGEST_LINE:
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = cases.readline(_LONGEST_LINE)
        yield None


def main() -> int:
    """Serve standard input.

    Returns:
        0; 1 if the reader of the answers went away.
    """
    try:
        # A writer of our own: what is left in it when the pipe breaks must not be tried again at the interpreter's end.
        with open(sys.stdout.fileno(), "wb", closefd=False) as answers:
            serve(sys.stdin.buffer, answers)
    except BrokenPipeError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
