"""The commands: each runs Pulumi or tells GitHub, and returns its exit code."""

import json
import os
import sys
from argparse import Namespace
from pathlib import Path

from tools.delivery.command import NO_CHANGES_EXPECTED, checked_stack, pulumi, pulumi_at_a_terminal, words
from tools.delivery.failure import DeliveryError
from tools.delivery.github import GitHub
from tools.delivery.plan import (
    MANIFEST,
    PLAN,
    REPORT,
    TEXT,
    Circumstances,
    Manifest,
    approved_plan,
    digest,
    has_changes,
)
from tools.delivery.report import Origin, report

ROOT = Path(__file__).resolve().parents[2]
POLICY_PACK = "policy"
"""Folder of the policy pack, from the root on; every preview and every `up` is held to it."""
_NO_CHANGES_EXPECTED = "no changes were expected"


def preview(arguments: Namespace) -> int:
    """Preview a stack; write the report also when the preview fails, since that is what it is read for then."""
    stack = checked_stack(arguments.stack)
    code, text = pulumi(ROOT, "preview", "--stack", stack, "--diff", "--policy-pack", POLICY_PACK)
    outcome = "this is what `up` would do" if code == 0 else f"**failed**, exit code {code}"
    _write(arguments.report, report(f"Preview of `{stack}`", outcome, text, Origin.of(os.environ)))
    return code


def plan(arguments: Namespace) -> int:
    """Make a plan of a stack, with the manifest that binds it and a report for whoever approves it."""
    stack = checked_stack(arguments.stack)
    folder = Path(arguments.plan).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for name in (PLAN, MANIFEST, REPORT, TEXT):
        (folder / name).unlink(missing_ok=True)
    before = Circumstances.now(ROOT, stack)  # before: what changes while the preview runs must show
    saved = ["--save-plan", str(folder / PLAN)]
    code, text = pulumi(ROOT, "preview", "--stack", stack, "--diff", "--policy-pack", POLICY_PACK, *saved)
    origin = Origin.of(os.environ)
    if code:
        _summarize(report(f"Plan of `{stack}`", f"**failed**, exit code {code}", text, origin))
        return code
    Manifest.of(before, folder / PLAN).write(folder / MANIFEST)
    (folder / TEXT).write_text(text, encoding="utf-8")
    changes = has_changes(json.loads((folder / PLAN).read_text(encoding="utf-8")), text)
    outcome = "**to be approved**" if changes else "nothing to do"
    _write(str(folder / REPORT), report(f"Plan of `{stack}`", outcome, text, origin))
    _summarize((folder / REPORT).read_text(encoding="utf-8"))
    _hand_on(changes=str(changes).lower(), digest=digest(folder / MANIFEST))
    return 0


def gate(arguments: Namespace) -> int:
    """See that somebody is asked before a stack is brought up: an environment that GitHub made itself asks nobody."""
    stack = checked_stack(arguments.stack)
    reviewers = GitHub(os.environ).reviewers(stack)
    if not reviewers:
        raise DeliveryError(
            f"the environment {stack} has no required reviewers, so nobody would be asked to approve its plans: add"
            " them in the repository's settings (docs/delivery.md)"
        )
    _say(f"{stack}: plans are approved by {', '.join(reviewers)}")
    return 0


def up(arguments: Namespace) -> int:
    """Bring a stack up: by an approved plan and without a question, or at a terminal, where Pulumi asks."""
    stack = checked_stack(arguments.stack)
    command = ["up", "--stack", stack, "--policy-pack", POLICY_PACK]
    if not arguments.plan:
        if arguments.digest:
            raise DeliveryError("DIGEST: is of a plan, so PLAN must be set, too")
        return pulumi_at_a_terminal(ROOT, *command)
    now = Circumstances.now(ROOT, stack)
    file = approved_plan(Path(arguments.plan).resolve(), now, arguments.digest or None)
    message = f"plan {digest(file)[:12]} of commit {now.commit[:12]}"
    # Not --skip-preview: the preview meets a plan that no longer fits before anything is changed.
    code, text = pulumi(ROOT, *command, "--diff", "--yes", "--plan", str(file), "--message", message)
    outcome = "done" if code == 0 else f"**failed**, exit code {code}"
    _summarize(report(f"`up` of `{stack}`", outcome, text, Origin.of(os.environ)))
    return code


def drift(arguments: Namespace) -> int:
    """Compare what AWS has with the stack's state, which stays as it is; 1 if something differs."""
    stack = checked_stack(arguments.stack)
    command = ("refresh", "--stack", stack, "--preview-only", "--expect-no-changes", "--diff")
    code, text = pulumi(ROOT, *command)
    found = code == NO_CHANGES_EXPECTED or (code != 0 and _NO_CHANGES_EXPECTED in text)
    if code and not found:
        raise DeliveryError(
            f"`{words(command)}` failed with exit code {code}: whether there is drift is not known", code
        )
    outcome = "AWS differs from the state" if found else "none"
    _write(arguments.report, report(f"Drift of `{stack}`", outcome, text, Origin.of(os.environ)))
    _hand_on(drift="found" if found else "none")
    return int(found)


def comment(arguments: Namespace) -> int:
    """Show a report in the pull request's one comment of this stack."""
    stack = checked_stack(arguments.stack)
    if not (arguments.pull or "").isdecimal():
        raise DeliveryError(f"PULL: must be the number of a pull request, got {arguments.pull!r}")
    body = Path(arguments.report).read_text(encoding="utf-8")
    _say(GitHub(os.environ).comment(int(arguments.pull), f"<!-- preview of {stack} -->", body))
    return 0


def issue(arguments: Namespace) -> int:
    """Open or renew the issue of a stack's drift, or close it when there is none any more."""
    stack = checked_stack(arguments.stack)
    marker = f"<!-- drift of {stack} -->"
    if arguments.drift == "found":
        body = Path(arguments.report).read_text(encoding="utf-8")
        _say(GitHub(os.environ).open_issue(marker, f"Drift of stack {stack}", body))
        return 0
    if arguments.drift != "none":
        raise DeliveryError(f"DRIFT: must be found or none, got {arguments.drift!r}")
    origin = Origin.of(os.environ)
    for address in GitHub(os.environ).close_issues(marker, f"There is no drift any more. {origin.run}".rstrip()):
        _say(address)
    return 0


def _write(path: str | None, text: str) -> None:
    if path:
        Path(path).write_text(text, encoding="utf-8")


def _summarize(text: str) -> None:
    """Add a report to the page of the run, where who approves reads it."""
    _append(os.environ.get("GITHUB_STEP_SUMMARY"), text)


def _hand_on(**outputs: str) -> None:
    """Hand values on to later jobs."""
    _append(os.environ.get("GITHUB_OUTPUT"), "".join(f"{name}={value}\n" for name, value in outputs.items()))


def _append(path: str | None, text: str) -> None:
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
