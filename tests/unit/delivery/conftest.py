"""A repository with one commit, and a Pulumi CLI that says what it is told to."""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tools.delivery import __main__ as delivery
from tools.delivery import commands

FAKE = """\
#!{python}
import json, pathlib, sys
here = pathlib.Path(__file__).parent
with (here / "calls").open("a") as log:
    log.write(json.dumps(sys.argv[1:]) + "\\n")
said = json.loads((here / "answers").read_text())[sys.argv[1]]
if "--save-plan" in sys.argv and said["code"] == 0:
    pathlib.Path(sys.argv[sys.argv.index("--save-plan") + 1]).write_text(json.dumps(said["plan"]))
print(said["text"])
sys.exit(said["code"])
"""
CHANGES = {"resourcePlans": {"urn:a": {"steps": ["same"]}, "urn:b": {"steps": ["create"]}}}
NOTHING = {"resourcePlans": {"urn:a": {"steps": ["same"]}}}
STATE = {"version": 3, "deployment": {"resources": []}}


@dataclass
class Deliverer:
    """Runs the commands in a repository of their own."""

    root: Path
    bin: Path
    outputs: Path
    summary: Path
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)

    def says(self, command: str, text: str = "", code: int = 0, plan: Any = None) -> None:
        """Have the CLI answer a command so."""
        self.answers[command] = {"text": text, "code": code, "plan": plan}
        (self.bin / "answers").write_text(json.dumps(self.answers))

    def run(self, *arguments: str) -> int:
        """Run a command; return its exit code."""
        return delivery.main([*arguments])

    def calls(self) -> list[list[str]]:
        """Return what the CLI was called with."""
        log = self.bin / "calls"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def git(self, *arguments: str) -> str:
        """Run git in the repository."""
        done = subprocess.run(["git", *arguments], cwd=self.root, capture_output=True, text=True, check=True)  # noqa: S603, S607
        return done.stdout.strip()

    def commit(self, text: str) -> str:
        """Commit a new version of the program; return the commit's hash."""
        (self.root / "program").write_text(text)
        self.git("add", ".")
        self.git("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message", text)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def deliverer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deliverer:
    """A repository with one commit, a stack whose state is `STATE`, and a CLI that previews one creation."""
    for name in ("root", "bin"):
        (tmp_path / name).mkdir()
    found = Deliverer(tmp_path / "root", tmp_path / "bin", tmp_path / "outputs", tmp_path / "summary")
    (found.root / "requirements.txt").write_text("pulumi==3.9.1\n")
    found.git("init", "--quiet")
    found.commit("first")
    cli = found.bin / "pulumi"
    cli.write_text(FAKE.format(python=sys.executable))
    cli.chmod(0o755)
    found.says("version", "v3.9.1")
    found.says("stack", json.dumps(STATE))
    found.says("preview", "Resources:\n    + 1 to create\n    1 unchanged", plan=CHANGES)
    found.says("up", "Resources:\n    + 1 created")
    found.says("refresh", "Resources:\n    1 unchanged")
    monkeypatch.setattr(commands, "ROOT", found.root)
    monkeypatch.chdir(found.root)
    monkeypatch.setenv("PATH", str(found.bin), prepend=":")
    for name in ("COMMIT", "GITHUB_RUN_ID", "GITHUB_SHA", "GITHUB_TOKEN", "GITHUB_REPOSITORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GITHUB_OUTPUT", str(found.outputs))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(found.summary))
    return found
