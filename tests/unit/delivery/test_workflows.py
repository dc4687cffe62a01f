"""What the workflows may do, and that they do it by the targets that a person has."""

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from delivery_roles.trust import UP_WORKFLOW
from tests.unit.components.harness import ROOT
from tests.unit.delivery.workflows_kit import GATED, actions, jobs, steps, used, workflows
from tools._readme_tables import make_targets
from tools.delivery.command import wanted_version

OUR_OWN = re.compile(r"\./\.github/(workflows/[a-z-]+\.yml|actions/[a-z-]+)")
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
NO_WORK = (re.compile(r"jq --exit-status .*\"\$RULE\" <<< \"\$NEEDS\""), re.compile(r'echo "::notice title=.*"'))
"""What a step runs that does no work: it decides, or says why nothing was done."""
NEEDS_JQ = pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
STACKS = sorted(file.name.split(".")[1] for file in ROOT.glob("Pulumi.*.yaml"))


@pytest.mark.parametrize(("where", "what"), list(used()), ids=lambda value: str(value)[:60])
def test_everything_used_is_our_own_or_pinned_to_a_commit_and_says_its_version(where: str, what: str) -> None:
    assert OUR_OWN.fullmatch(what) or PINNED.fullmatch(what), where


def test_an_action_is_pinned_to_one_commit_everywhere() -> None:
    pins: dict[str, set[str]] = {}
    for _, what in used():
        if "@" in what:
            pins.setdefault(what.partition("@")[0], set()).add(what.partition("@")[2])
    assert {action: found for action, found in pins.items() if len(found) != 1} == {}


@pytest.mark.parametrize("file", workflows())
def test_by_default_a_workflow_may_do_nothing(file: str) -> None:
    assert workflows()[file]["permissions"] == {}


@pytest.mark.parametrize(("file", "name", "job"), list(jobs()), ids=lambda value: str(value)[:30])
def test_every_job_says_what_it_may_do_and_how_long(file: str, name: str, job: dict[str, Any]) -> None:
    assert isinstance(job["permissions"], dict), f"{file}: {name}"
    if "uses" not in job:  # a called workflow has its own
        assert 0 < job["timeout-minutes"] <= 120


WRITES = {
    ("ci.yml", "preview"): {"id-token", "pull-requests"},  # a caller hands on what the called workflow's jobs take
    ("deploy-stack.yml", "plan"): {"id-token"},
    ("deploy-stack.yml", "up"): {"id-token"},
    ("deploy.yml", "dev"): {"id-token"},
    ("deploy.yml", "prod"): {"id-token"},
    ("drift-stack.yml", "drift"): {"id-token"},
    ("drift-stack.yml", "issue"): {"issues"},
    ("drift.yml", "stack"): {"id-token", "issues"},
    ("preview.yml", "comment"): {"pull-requests"},
    ("preview.yml", "preview"): {"id-token"},
}
"""All that any job may write. `id-token` is what credentials of AWS are made of."""


def test_jobs_may_write_what_they_must_and_no_more() -> None:
    found = {
        (file, name): {scope for scope, right in job["permissions"].items() if right != "read"}
        for file, name, job in jobs()
        if "write" in job["permissions"].values()
    }
    assert found == WRITES
    read = {scope for _, _, job in jobs() for scope, right in job["permissions"].items() if right == "read"}
    assert read == {"actions", "contents"}


def test_no_job_that_runs_steps_has_credentials_of_aws_and_may_write_to_github() -> None:
    for file, name, job in jobs():
        if "steps" in job:
            assert not {"id-token", "issues"} <= set(job["permissions"]), f"{file}: {name}"
            assert not {"id-token", "pull-requests"} <= set(job["permissions"]), f"{file}: {name}"


def test_no_workflow_runs_with_the_rights_of_the_target_of_a_pull_request() -> None:
    triggers = {trigger for workflow in workflows().values() for trigger in workflow["on"]}
    assert triggers == {"pull_request", "push", "schedule", "workflow_call", "workflow_dispatch"}


def test_no_workflow_uses_a_secret() -> None:
    for file in workflows():
        assert not re.search(r"\bsecrets\b", (ROOT / ".github" / "workflows" / file).read_text()), file


def test_text_of_others_is_never_part_of_a_script() -> None:
    assert [where for where, step in steps() if "${{" in str(step.get("run", ""))] == []


def test_a_step_that_does_the_work_calls_make() -> None:
    targets = set(make_targets(ROOT))
    for where, step in steps():
        run = step.get("run")
        if run is None or any(pattern.fullmatch(run) for pattern in NO_WORK):
            continue
        if run == ".ci/run":
            continue
        called = re.fullmatch(r"make ([a-z]+)((?: [A-Z]+=\S+)*)", run)
        assert called, f"{where}: {run}"
        assert called[1] in targets, f"{where}: {run}"


def test_ci_calls_make_alone() -> None:
    work = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if line.startswith("make ")]
    assert {"make check", "make test", "make soak", "make runbook"} <= set(work)


@pytest.mark.parametrize("file", ["ci.yml", "deploy.yml"])
def test_one_job_gathers_all_others_whatever_came_of_them(file: str) -> None:
    everything = workflows()[file]["jobs"]
    gathering = everything[GATED]
    assert gathering["if"] == "always()"
    assert set(gathering["needs"]) == set(everything) - {GATED}


def verdict(file: str, event: str, **results: str) -> bool:
    """Return what the gathering job says of the results of the others."""
    (step,) = workflows()[file]["jobs"][GATED]["steps"]
    needs = "{" + ", ".join(f'"{job}": {{"result": "{result}"}}' for job, result in results.items()) + "}"
    command = ["bash", "-e", "-o", "pipefail", "-c", step["run"]]
    environment = {"PATH": "/usr/bin:/bin:/usr/local/bin", "NEEDS": needs, "EVENT": event, "RULE": step["env"]["RULE"]}
    return subprocess.run(command, env=environment, capture_output=True, check=False).returncode == 0  # noqa: S603


@NEEDS_JQ
@pytest.mark.parametrize(
    ("event", "checks", "preview", "passes"),
    [
        ("pull_request", "success", "success", True),
        ("pull_request", "success", "skipped", False),
        ("pull_request", "success", "failure", False),
        ("pull_request", "failure", "success", False),
        ("pull_request", "cancelled", "success", False),
        ("push", "success", "skipped", True),
        ("push", "skipped", "skipped", False),
        ("push", "success", "failure", False),
    ],
)
def test_a_change_passes_when_everything_did(event: str, checks: str, preview: str, *, passes: bool) -> None:
    assert verdict("ci.yml", event, checks=checks, preview=preview) is passes


@NEEDS_JQ
@pytest.mark.parametrize(
    ("checks", "dev", "prod", "passes"),
    [
        ("success", "success", "success", True),
        ("success", "skipped", "skipped", True),
        ("failure", "skipped", "skipped", False),
        ("success", "failure", "skipped", False),
        ("success", "success", "cancelled", False),
    ],
)
def test_a_deployment_passes_when_nothing_failed(checks: str, dev: str, prod: str, *, passes: bool) -> None:
    assert verdict("deploy.yml", "push", checks=checks, dev=dev, prod=prod) is passes


def test_a_fork_and_dependabot_get_no_credentials_and_are_told_so() -> None:
    preview = workflows()["preview.yml"]["jobs"]
    condition = preview["preview"]["if"]
    assert "github.event.pull_request.head.repo.full_name == github.repository" in condition
    assert "github.event.pull_request.user.login != 'dependabot[bot]'" in condition
    assert preview["unpreviewed"]["if"] == f"!({condition})"
    assert preview["unpreviewed"]["permissions"] == {}


def test_credentials_come_from_oidc_alone_and_after_everything_is_installed() -> None:
    for file, name, job in jobs():
        uses = [step.get("uses", "").partition("@")[0] for step in job.get("steps", [])]
        taken = [number for number, action in enumerate(uses) if action == "aws-actions/configure-aws-credentials"]
        assert bool(taken) == ("id-token" in job["permissions"] and "steps" in job), f"{file}: {name}"
        for number in taken:
            assert uses.index("./.github/actions/pulumi") < number
            given = job["steps"][number]["with"]
            assert set(given) <= {"aws-region", "role-to-assume", "role-session-name", "role-duration-seconds"}
            role = "up_role" if (file, name) == ("deploy-stack.yml", "up") else "preview_role"
            assert given["role-to-assume"] == f"${{{{ fromJSON(vars.DELIVERY)[inputs.stack].{role} }}}}"


def test_no_checkout_leaves_its_token() -> None:
    for where, step in steps():
        if str(step.get("uses", "")).startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False, where


def test_only_the_job_that_waits_for_its_reviewers_takes_the_up_role() -> None:
    gated = {(file, name): job["environment"] for file, name, job in jobs() if "environment" in job}
    assert gated == {("deploy-stack.yml", "up"): "${{ inputs.stack }}"}
    assert UP_WORKFLOW == ".github/workflows/deploy-stack.yml"
    up = workflows()["deploy-stack.yml"]["jobs"]["up"]
    assert up["needs"] == ["plan", "gate"]
    assert up["if"] == "needs.plan.outputs.changes == 'true'"
    assert up["steps"][-1]["env"]["DIGEST"] == "${{ needs.plan.outputs.digest }}"
    assert up["concurrency"] == {"group": "up-${{ inputs.stack }}", "cancel-in-progress": False}


def test_every_stack_is_previewed_deployed_and_looked_at_for_drift() -> None:
    assert workflows()["ci.yml"]["jobs"]["preview"]["strategy"]["matrix"]["stack"] == STACKS
    assert workflows()["drift.yml"]["jobs"]["stack"]["strategy"]["matrix"]["stack"] == STACKS
    deployed = [job["with"]["stack"] for job in workflows()["deploy.yml"]["jobs"].values() if "with" in job]
    assert deployed == STACKS


def test_every_push_is_checked_once() -> None:
    assert workflows()["ci.yml"]["on"]["push"] == {"branches-ignore": ["main"]}
    assert workflows()["deploy.yml"]["on"]["push"] == {"branches": ["main"]}
    for file in ("ci.yml", "deploy.yml"):
        assert workflows()[file]["jobs"]["checks"]["uses"] == "./.github/workflows/checks.yml"


def test_the_cli_is_of_the_sdks_version() -> None:
    (installed,) = [
        step["with"] for step in actions()["pulumi"]["runs"]["steps"] if "pulumi/actions@" in step.get("uses", "")
    ]
    assert installed == {"pulumi-version": wanted_version(ROOT)}, "move it together with pulumi in pyproject.toml"


def test_dependabot_looks_at_all_that_is_pinned() -> None:
    config = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text())
    assert {update["package-ecosystem"] for update in config["updates"]} == {"github-actions", "pip"}
    (ours,) = [update for update in config["updates"] if update["package-ecosystem"] == "github-actions"]
    assert ours["directories"] == ["/", "/.github/actions/*"]
