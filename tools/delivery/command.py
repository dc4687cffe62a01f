"""Running the Pulumi CLI and git: streamed to whoever watches, and kept for whoever reads the report."""

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.delivery.failure import DeliveryError

NO_CHANGES_EXPECTED = 7
"""Pulumi's exit code when `--expect-no-changes` was given and there were some, since version 3.226.1."""
_STACK = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_INSTALL = "https://www.pulumi.com/docs/iac/download-install/"


def checked_stack(stack: str) -> str:
    """Return the name of a stack.

    Raises:
        DeliveryError: it is none.
    """
    if not _STACK.fullmatch(stack):
        raise DeliveryError(f"STACK: must be letters, digits, `_`, `.` and `-`, such as dev, got {stack!r}")
    return stack


def pulumi(root: Path, *arguments: str) -> tuple[int, str]:
    """Run the Pulumi CLI, show what it prints as it comes, and return its exit code and that text.

    Raises:
        DeliveryError: the CLI is not there.
    """
    command = [_executable("pulumi", root), *arguments, "--non-interactive", "--color", "never"]
    lines = []
    with subprocess.Popen(  # noqa: S603 - no shell
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
    ) as process:
        for line in process.stdout or []:
            sys.stdout.write(line)
            sys.stdout.flush()
            lines.append(line)
    return process.returncode, "".join(lines)


def pulumi_at_a_terminal(root: Path, *arguments: str) -> int:
    """Run the Pulumi CLI at the terminal, where it asks before it changes anything; return its exit code."""
    return subprocess.run([_executable("pulumi", root), *arguments], cwd=root, check=False).returncode  # noqa: S603


def answer(root: Path, program: str, *arguments: str) -> str:
    """Return what a program prints, without the line's end.

    Raises:
        DeliveryError: the program is not there, or fails.
    """
    command = [_executable(program, root), *arguments]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)  # noqa: S603 - no shell
    except subprocess.CalledProcessError as error:
        raise DeliveryError(f"`{' '.join([program, *arguments])}` failed: {error.stderr.strip()}") from error
    return done.stdout.strip()


def wanted_version(root: Path) -> str:
    """Return the version of the program's Pulumi SDK, which is that of the CLI to install."""
    pinned = re.search(r"^pulumi==(\S+)", (root / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    return pinned[1] if pinned else "3"


def _executable(program: str, root: Path) -> str:
    path = shutil.which(program)
    if path is None:
        how = f" Install version {wanted_version(root)}: {_INSTALL}." if program == "pulumi" else ""
        raise DeliveryError(
            f"`{program}` is not on the path, and this target runs it.{how} Without it there is `make demo`,"
            " which deploys into the embedded AWS"
        )
    return path


def words(arguments: Sequence[str]) -> str:
    """Return the Pulumi command that the arguments are, for people."""
    return " ".join(["pulumi", *arguments])
