"""A function's process and the pipes to it: non-blocking reads and writes, and the end."""

import contextlib
import os
import signal
import subprocess

CHUNK = 1 << 16
"""Bytes that are read or written at once."""


def read_all(descriptor: int) -> bytes:
    """Read what a non-blocking descriptor holds now."""
    found = bytearray()
    while True:
        try:
            chunk = os.read(descriptor, CHUNK)
        except BlockingIOError:
            return bytes(found)
        if not chunk:
            return bytes(found)
        found += chunk


def write(descriptor: int, data: bytes) -> int | None:
    """Write what a pipe takes now; None if nobody reads it any more."""
    try:
        return os.write(descriptor, data)
    except BlockingIOError:
        return 0
    except BrokenPipeError:
        return None


def close(process: subprocess.Popen[bytes]) -> None:
    """Close the pipes of a process that has ended."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except BrokenPipeError:  # what was not yet written has no reader left
                continue


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and those that it has started, which are in its group."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
