"""docs/delivery.md tells of the workflows, their jobs and the roles as they are."""

import re

import yaml

from delivery_roles.documents import LIMIT
from delivery_roles.stack_roles import HOUR, UP_SECONDS
from delivery_roles.storage import OLD_STATES_DAYS
from tests.unit.components.harness import ROOT
from tests.unit.delivery.workflows_kit import jobs, workflows
from tests.unit.docs.test_documents import code_blocks, table_rows

TEXT = (ROOT / "docs" / "delivery.md").read_text(encoding="utf-8")
FLAT = " ".join(TEXT.split())
CALLED = {"dev", "prod", "stack", "test"}
"""Jobs that are told of under another name: they call a workflow, or are the checks."""


def test_every_workflow_that_starts_by_itself_is_told_of() -> None:
    started = {file for file, workflow in workflows().items() if set(workflow["on"]) != {"workflow_call"}}
    assert {row[0].strip("`") for row in table_rows(TEXT, "## What runs when") if row[0].startswith("`")} == started


def test_every_job_is_told_of_with_what_it_may_do() -> None:
    rows = [row for row in table_rows(TEXT, "## What runs when") if len(row) == 3 and not row[0].startswith("`")]
    told = {name.strip() for row in rows for name in row[0].split(",")} - {"job", "---"}
    assert told == {name for _, name, _ in jobs()} - CALLED
    rights = {name.strip(): (row[1], row[2]) for row in rows for name in row[0].split(",")}
    for file, name, job in jobs():
        if name in CALLED or "uses" in job:
            continue
        github, aws = rights[name]
        assert ("identity token" in github) == ("id-token" in job["permissions"]), f"{file}: {name}"
        assert (aws == "nothing") == ("id-token" not in job["permissions"]), f"{file}: {name}"
        assert ("write" in github) == bool({"issues", "pull-requests"} & set(job["permissions"])), f"{file}: {name}"


def test_the_keys_that_it_sets_are_declared() -> None:
    declared = yaml.safe_load((ROOT / "delivery" / "Pulumi.yaml").read_text())["config"]
    block = code_blocks(TEXT.replace("\n   ", "\n"), "sh")[0]
    named = re.findall(r"pulumi config set (?:--path ')?([A-Za-z]+)", block)
    assert set(named) - {"aws"} == {"repository", "repositoryId", "ownerId", "stacks"}
    assert set(named) - {"aws"} <= set(declared)
    assert all({"type", "description", "default"} == set(value) - {"items"} for value in declared.values())


def test_the_times_that_it_tells_are_those_of_the_code() -> None:
    (kept,) = [
        step["with"]["retention-days"]
        for step in workflows()["deploy-stack.yml"]["jobs"]["plan"]["steps"]
        if str(step.get("uses", "")).startswith("actions/upload-artifact@")
    ]
    assert (kept, "artifacts are kept for seven days" in FLAT) == (7, True)
    assert (HOUR, UP_SECONDS, "are gone within an hour, after two for `up`" in FLAT) == (3600, 7200, True)
    assert (OLD_STATES_DAYS, "the bucket keeps every version for a year" in FLAT) == (365, True)
    decision = (ROOT / "docs" / "adr" / "0029-delivery.md").read_text(encoding="utf-8")
    assert f"{LIMIT:,} characters" in " ".join(decision.split())
