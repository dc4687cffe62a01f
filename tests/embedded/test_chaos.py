"""A small chaos run, whole and seeded: in processes of its own, as `make chaos` does it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools.chaos.plan import make_plan

PROJECT = Path(__file__).parents[2]
REQUESTS, SEED = 600, 1


def chaos(folder: Path, *program: str) -> dict[str, Any]:
    """Run it; gives its results, its exit code, what it printed and the report that it wrote."""
    results, report = folder / "results.json", folder / "report.md"
    report.write_text("# Chaos\n\n## A run of 7 requests\n\nold\n\n## After\n\nkept\n")
    arguments = ["--requests", str(REQUESTS), "--seed", str(SEED), "--drafts"]
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", *program, *arguments, "--json", str(results), "--report", str(report)],
        cwd=PROJECT,
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(folder), "PYTHONPATH": str(PROJECT / "lambda_src")},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert results.exists(), f"{done.stdout}\n{done.stderr}"
    values: dict[str, Any] = json.loads(results.read_text())
    left = sorted(entry.name for entry in folder.iterdir() if entry not in {results, report})
    return {**values, "code": done.returncode, "output": done.stdout, "report": report.read_text(), "left": left}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The results of a run."""
    return chaos(tmp_path_factory.mktemp("chaos"), "tools.chaos")


def test_every_figure_is_as_it_must_be(run: dict[str, Any]) -> None:
    wrong = [check for check in run["checks"] if not check["holds"]]
    assert (wrong, run["code"], run["hold"]) == ([], 0, True)
    assert run["answered"] == sum(run["statuses"].values()) == run["keys"]["rows"] >= REQUESTS


def test_every_planned_fault_struck_and_was_seen(run: dict[str, Any]) -> None:
    plan = make_plan(REQUESTS, SEED)
    assert [(one["name"], one["kind"], one["where"]) for one in run["faults"]] == [
        (fault.name, fault.kind.value, fault.where) for fault in plan.faults
    ]
    assert [one for one in run["faults"] if one["struck"] == 0 or not one["seen_by"]] == []
    assert run["most_faults_at_once"] >= 4


def test_what_was_lost_and_what_failed_came_back(run: dict[str, Any]) -> None:
    repaired = run["repaired"]
    assert repaired["backfilled"] == repaired["lost"]
    assert set(repaired["replayed"]) == {"api-requests", "usage-events"}
    assert run["duplicates"] > 0
    assert run["statuses"]["502"] > 0


def test_the_report_takes_the_place_of_the_last_one_and_nothing_is_left_behind(run: dict[str, Any]) -> None:
    report = run["report"]
    assert report.startswith(f"# Chaos\n\n## A run of {REQUESTS} requests\n\n- seed {SEED}: ")
    assert "old" not in report
    assert report.endswith("\n\n## After\n\nkept\n")
    assert run["left"] == []


@pytest.mark.soak
@pytest.mark.parametrize("forgotten", ["fill_in", "replay_all"])
def test_a_repair_that_forgets_something_is_found_out(tmp_path: Path, forgotten: str) -> None:
    found = chaos(tmp_path, "tests.embedded.chaos_without_repair", forgotten)
    wrong = {check["name"] for check in found["checks"] if not check["holds"]}
    assert (found["code"], found["hold"]) == (1, False)
    assert {"rows", "bills", "alarms" if forgotten == "replay_all" else "lost lines"} <= wrong
    assert found["keys"]["missing"] > 0
    assert found["keys"]["examples"][0].startswith("missing ")
    assert "something is wrong" in found["output"]
