"""What a process has that an embedded AWS could leave behind: compared before its start and after its stop."""

import os
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OTHERS = ("ministack-container-reaper", "eb-scheduler", "evb-scheduler-ticker", "ThreadPoolExecutor-")
"""Threads that are not ours to end, by how their names begin: ministack's daemons, PyIceberg's idle pool."""


@dataclass(frozen=True)
class Process:
    """A process of this machine that has not ended."""

    parent: int
    command: str


def processes() -> Iterator[Process]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_text(errors="replace")
        except OSError:
            continue  # it has just ended
        yield Process(int(fields[1]), command.replace("\0", " ").strip())


def snapshot() -> dict[str, object]:
    """Threads, child processes (zombies too), environment, temporary files and listening sockets of this process."""
    return {
        "threads": sorted(thread.name for thread in threading.enumerate() if not thread.name.startswith(OTHERS)),
        "children": sorted(one.command for one in processes() if one.parent == os.getpid()),
        "environment": dict(os.environ),
        "temporary folder": tempfile.gettempdir(),
        "temporary files": sorted(path.name for path in Path(os.environ["TMPDIR"]).iterdir()),
        "listening": listening(),
    }


def left_behind(before: dict[str, object]) -> dict[str, list[object]]:
    """Give what differs from an earlier snapshot, as `[before, now]`; idle threads get a moment to end."""
    deadline = time.monotonic() + 5
    while (now := snapshot()) != before and time.monotonic() < deadline:
        time.sleep(0.05)
    return {key: [before[key], now[key]] for key in before if now[key] != before[key]}


def listening() -> list[str]:
    """Local addresses, as /proc writes them, of this process's sockets that listen."""
    own = set()
    for link in Path("/proc/self/fd").iterdir():
        try:
            own.add(str(link.readlink()))
        except OSError:
            continue  # the descriptor of this very listing
    rows = [
        line.split() for table in ("tcp", "tcp6") for line in Path(f"/proc/self/net/{table}").read_text().splitlines()
    ]
    return sorted(row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in own)
