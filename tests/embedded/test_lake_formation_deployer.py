"""Under Lake Formation a role deploys with what README lists, and has a grant only for as long as it needs one."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.embedded.column_added_by_role import ACCOUNT, LAKE_FORMATION

pytestmark = pytest.mark.soak

PROJECT = Path(__file__).parents[2]
GRANTED = [
    *("billing-planner-role", "billing-rollup-role", "customer-lines-role", "events-ingest-role", "ingest-role"),
    *("operations-operator-role", "operations-reconciler-role"),
]


def test_a_role_deploys_and_adds_a_column_and_leaves_no_grant(tmp_path: Path) -> None:
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "__main__.py", "catalog.yaml"):
        shutil.copy(PROJECT / name, tmp_path)
    for name in ("components", "lambda_src"):
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, str(PROJECT / "tests" / "embedded" / "column_added_by_role.py"), str(tmp_path)],
        env={"PYTHONPATH": f"{PROJECT}:{tmp_path / 'lambda_src'}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    deployer = f"arn:aws:iam::{ACCOUNT}:role/ci/deployer"
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "deployer": deployer,
        "administrators": [deployer],
        "schema": "update",
        "granted": [GRANTED, GRANTED],
        "again": [],
        "left": [],
    }


def test_readme_lists_what_that_role_may() -> None:
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    listed = " ".join(text.split("**The deployer** is a data-lake administrator", 1)[1].split(";", 1)[0].split())
    assert tuple(re.findall(r"`(?:lakeformation:)?([A-Z]\w+)`", listed)) == LAKE_FORMATION
