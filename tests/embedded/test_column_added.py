import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.soak

PROJECT = Path(__file__).parents[2]


@pytest.mark.parametrize("mode", ["iam", "lakeformation"])
def test_a_column_added_to_a_table_with_rows_in_it_loses_nothing(tmp_path: Path, mode: str) -> None:
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "__main__.py", "catalog.yaml"):
        shutil.copy(PROJECT / name, tmp_path)
    for name in ("components", "lambda_src"):
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, str(PROJECT / "tests" / "embedded" / "column_added.py"), str(tmp_path), mode],
        env={"PYTHONPATH": f"{PROJECT}:{tmp_path / 'lambda_src'}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    refused = found.pop("refused")
    assert re.fullmatch(r"[0-9a-z]+\.execute-api\.us-east-1\.amazonaws\.com", found.pop("after"))
    assert found == {
        "changed": [
            "api-stage",
            *(
                f"{function}-{part}"
                for function in (
                    *("billing-planner", "billing-rollup", "billing-worker"),
                    *("customer-events", "customer-invoices", "customer-lines", "customer-portal", "customer-usage"),
                    *("events-ingest-transform", "ingest-transform"),
                )
                for part in ("function", "live")
            ),
            "lake-table-api-requests-schema",
            "operations-reconciler-function",
            "operations-reconciler-live",
            "random-strings-function",
            "random-strings-live",
        ],
        "replaced": [],
        "before": None,
        "late": None,
        "others": {},
        "kept by the deployer": [],
        "errors": 0,
    }
    assert "column status has type 'int' in the table, 'long' in its definition" in refused
