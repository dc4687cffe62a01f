"""The embedded AWS as the run sees it: a process, and the controls by which it is steered."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tools.deployment import PROJECT
from tools.embedded import Embedded
from tools.outputs import StackOutputs

_STOP_SECONDS = 60
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")


class NotDeployedError(RuntimeError):
    """The embedded AWS of the run did not come up; with what it said."""


class Controls(Embedded):
    """What the embedded AWS can be told beyond what the demo needs."""

    def faults(self, *, set_: list[dict[str, Any]] | None = None, clear: list[str] | None = None) -> list[Any]:
        """Clear faults and set others; gives all with how often they struck."""
        body = {"set": set_ or [], "clear": clear or []}
        found: list[Any] = self._call("POST", "faults", body)["faults"]
        return found

    def seed_faults(self, seed: int) -> None:
        """Begin the sequence of chances anew."""
        self._call("POST", "faults", {"seed": seed})

    def flush(self, streams: list[str], seconds: float) -> dict[str, Any]:
        """Have streams deliver what they hold; gives what became of all records."""
        return self._call("POST", "firehose/flush", {"streams": streams, "timeout": seconds})

    def streams(self) -> dict[str, Any]:
        """Tell what became of all streams' records."""
        return self._call("GET", "firehose")

    def lost_lines(self) -> dict[str, Any]:
        """Give the access log lines that no stream took."""
        return self._call("GET", "lost-lines")


@dataclass(frozen=True)
class World:
    """A deployed program in an embedded AWS of its own.

    Attributes:
        outputs: of the stack.
        exports: all of them.
        controls: of the embedded AWS.
        process: its id.
    """

    outputs: StackOutputs
    exports: Mapping[str, Any]
    controls: Controls
    process: int

    def now(self) -> datetime:
        """Tell the embedded clock's time."""
        return self.controls.now()

    def peak_mib(self) -> int:
        """Tell how much memory the embedded AWS has had at most, in MiB; 0 where the system does not say."""
        status = Path(f"/proc/{self.process}/status")
        found = _PEAK.search(status.read_text()) if status.exists() else None
        return int(found[1]) // 1024 if found else 0


@contextmanager
def world(log: Path) -> Iterator[World]:
    """Start the embedded AWS in a process of its own, and end it.

    Args:
        log: file for what it says on its standard error.

    Raises:
        NotDeployedError: it did not come up.
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(PROJECT), str(PROJECT / "lambda_src")))}
    command = [sys.executable, "-m", "tools.chaos.server"]
    with log.open("w") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own program
            command,
            cwd=PROJECT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,  # Ctrl-C ends the run, and the run ends it
        )
        try:
            line = process.stdout.readline() if process.stdout else b""
            if not line:
                process.wait(_STOP_SECONDS)
                raise NotDeployedError(f"the embedded AWS did not come up: {log.read_text()[-2000:]}")
            exports = json.loads(line)
            outputs = StackOutputs.of(exports)
            yield World(outputs, exports, Controls(outputs.endpoint_url), process.pid)
        finally:
            _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()
