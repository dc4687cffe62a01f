"""The make targets' commands, run as a user runs them."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]


def environment(folder: Path) -> dict[str, str]:
    paths = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(PROJECT / "lambda_src")}
    return {**paths, "TMPDIR": str(folder), "COLUMNS": "120"}


def command(folder: Path, *arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", *arguments],
        cwd=PROJECT,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def processes_of(session: int) -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        if int(fields[3]) == session and fields[0] != "Z":
            found.append((folder / "cmdline").read_text())
    return found
