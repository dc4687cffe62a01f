"""The runbook's shell blocks, run word for word: bash, the AWS CLI and our own commands against the embedded AWS.

Three programs of an on-call's machine are stood in for: `pulumi` by the embedded engine, `date` by the embedded AWS's
clock, and `aws` is the AWS CLI itself, told where the embedded AWS is.
"""

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PROJECT = Path(__file__).parents[2]
RUNBOOK = PROJECT / "docs" / "runbook.md"
AWS_CLI = shutil.which("aws")

FIRST, LOOK, MEND, OVER = "Before the first command", "Look first", "Mend", "It is over when"
_MARKED = re.compile(r"\*\*(Look first|Mend|It is over when)")
_OURS = re.compile(r"\b(operate|billing)\b")
_SECONDS = 240

_AWS = """#!/bin/sh
exec {aws} --endpoint-url "$AWS_ENDPOINT_URL" "$@"
"""
_DATE = """#!{python}
import datetime, json, sys, urllib.request
with urllib.request.urlopen("{url}/_embedded/clock") as answer:
    now = datetime.datetime.fromisoformat(json.load(answer)["now"].replace("Z", "+00:00"))
[form] = [one[1:] for one in sys.argv[1:] if one != "-u"]
print(int(now.timestamp()) if form == "%s" else now.strftime(form))
"""
_PULUMI = """#!{python}
import json, os, sys, urllib.request
body = json.dumps({{"arguments": sys.argv[1:], "selected": os.environ.get("PULUMI_STACK", "another")}}).encode()
try:
    with urllib.request.urlopen(urllib.request.Request("{url}/_embedded/pulumi", body, method="POST")) as answer:
        print(json.load(answer)["printed"])
except urllib.error.HTTPError as error:
    sys.exit(error.read().decode())
"""


@dataclass(frozen=True)
class Block:
    """One shell block of a section, and what it is there for."""

    what: str
    text: str


def sections() -> dict[str, list[Block]]:
    """Return the shell blocks of each section of the runbook, by its title."""
    found: dict[str, list[Block]] = {}
    for part in re.split(r"^## ", RUNBOOK.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        title, _, text = part.partition("\n")
        found[title] = list(_blocks(text))
    return found


def _blocks(text: str) -> Iterator[Block]:
    what = LOOK
    for words, block in re.findall(r"(.*?)^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        marks = _MARKED.findall(words)
        what = marks[-1] if marks else what
        yield Block(what, block)


class CommandError(AssertionError):
    """A command of a block failed; with all that the block printed."""


class Shell:
    """A bash that lives from block to block, as the on-call's does.

    Every command must succeed, also within a function or a pipe; only ours may end with 1: done, and found something.

    Args:
        folder: of the test: gets a folder like the project's, and the programs that are stood in for.
        url: of the embedded AWS.
    """

    def __init__(self, folder: Path, url: str) -> None:
        assert AWS_CLI is not None, "the AWS CLI must be on the PATH"
        self.project, self._folder, self._failed, self._number = folder / "project", folder, folder / "failed", 0
        self._programs(folder / "bin", url)
        self.project.mkdir()
        for entry in PROJECT.iterdir():
            if entry.name != ".venv":
                (self.project / entry.name).symlink_to(entry)
        (self.project / ".venv").symlink_to(sys.prefix)
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],  # noqa: S607 - the on-call's own
            cwd=self.project,
            env=self._environment(folder, url),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        # Into a file: what a command substitution prints is a value.
        self._tell(f"set -E -o pipefail; trap 'echo \"$? $BASH_COMMAND\" >> {self._failed}' ERR")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bash.kill()
        self._bash.communicate()

    def run(self, text: str) -> str:
        """Run a block as it stands; give what it printed, errors included.

        Raises:
            CommandError: a command of it failed, or it took too long.
        """
        self._number += 1
        file, end = self._folder / f"block-{self._number}.sh", f"<end of block {self._number}>"
        file.write_text(text, encoding="utf-8")
        guard = threading.Timer(_SECONDS, self._bash.kill)
        guard.start()
        self._tell(f"source {file}\necho '{end}'")
        printed = ""
        assert self._bash.stdout is not None
        for line in self._bash.stdout:
            if line.strip() == end:
                break
            printed += line
        else:
            raise CommandError(f"took longer than {_SECONDS} s:\n{text}\nIt printed:\n{printed}")
        guard.cancel()
        if failed := list(self._failures()):
            raise CommandError(f"failed: {failed}\n{text}\nIt printed:\n{printed}")
        return printed

    def _failures(self) -> Iterator[str]:
        """Yield what failed since the last call: the status, and the command's first line.

        A status goes on to the pipe, function and file that the command is in; these are no failures of their own.
        """
        self._failed.touch()
        told = re.findall(r"^(\d+) (.*)$", self._failed.read_text(encoding="utf-8"), re.MULTILINE)
        self._failed.unlink()
        found_something = False
        for status, command in told:
            is_ours = _OURS.search(command) is not None
            found_something = status == "1" and (is_ours or found_something)
            if not found_something and not command.startswith("source "):
                yield f"{status} {command}"

    def _tell(self, line: str) -> None:
        assert self._bash.stdin is not None
        self._bash.stdin.write(f"{line}\n")
        self._bash.stdin.flush()

    @staticmethod
    def _programs(folder: Path, url: str) -> None:
        folder.mkdir()
        for name, text in {"aws": _AWS, "date": _DATE, "pulumi": _PULUMI}.items():
            program = folder / name
            program.write_text(text.format(aws=AWS_CLI, python=sys.executable, url=url), encoding="utf-8")
            program.chmod(0o755)

    @staticmethod
    def _environment(folder: Path, url: str) -> Mapping[str, str]:
        return {
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "COLUMNS": "160",
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_PAGER": "",
        }
