"""The plan that was approved is the one that runs, for what it was made for, or nothing runs."""

import json
from pathlib import Path

import pytest

from tests.unit.delivery.conftest import NOTHING, STATE, Deliverer
from tools.delivery.plan import digest, fingerprint, has_changes

PLAN = ("plan", "--stack", "dev", "--plan")
UP = ("up", "--stack", "dev", "--plan")
AGAIN = "make a new plan (in GitHub: run the workflow anew, all its jobs)"


def outputs(deliverer: Deliverer) -> dict[str, str]:
    return dict(line.split("=", 1) for line in deliverer.outputs.read_text().splitlines())


def ups(deliverer: Deliverer) -> list[list[str]]:
    return [call for call in deliverer.calls() if call[0] == "up"]


def test_a_plan_is_made_held_to_the_policies_and_bound(deliverer: Deliverer, tmp_path: Path) -> None:
    folder = tmp_path / "plan"
    assert deliverer.run(*PLAN, str(folder)) == 0
    assert deliverer.calls() == [
        ["stack", "export", "--stack", "dev"],
        ["version"],
        [
            *("preview", "--stack", "dev", "--diff", "--policy-pack", "policy"),
            *("--save-plan", str(folder / "plan.json"), "--non-interactive", "--color", "never"),
        ],
    ]
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest.pop("made").endswith("+00:00")
    assert manifest == {
        "stack": "dev",
        "commit": deliverer.git("rev-parse", "HEAD"),
        "state": fingerprint(json.dumps(STATE)),
        "pulumi": "3.9.1",
        "plan": digest(folder / "plan.json"),
    }
    assert outputs(deliverer) == {"changes": "true", "digest": digest(folder / "manifest.json")}
    assert deliverer.summary.read_text() == (folder / "report.md").read_text()
    assert "### Plan of `dev`: **to be approved**\n\n+ 1 to create, 1 unchanged\n" in deliverer.summary.read_text()
    assert (folder / "preview.txt").read_text() == "Resources:\n    + 1 to create\n    1 unchanged\n"


def test_the_approved_plan_runs_without_a_question_after_its_own_preview(deliverer: Deliverer, tmp_path: Path) -> None:
    folder = tmp_path / "plan"
    deliverer.run(*PLAN, str(folder))
    assert deliverer.run(*UP, str(folder), "--digest", outputs(deliverer)["digest"]) == 0
    commit = deliverer.git("rev-parse", "HEAD")
    (call,) = ups(deliverer)
    assert call == [
        *("up", "--stack", "dev", "--policy-pack", "policy", "--diff", "--yes", "--plan", str(folder / "plan.json")),
        *("--message", f"plan {digest(folder / 'plan.json')[:12]} of commit {commit[:12]}"),
        *("--non-interactive", "--color", "never"),
    ]
    assert "### `up` of `dev`: done" in deliverer.summary.read_text()


def test_a_failed_preview_leaves_no_plan_not_even_an_older_one(
    deliverer: Deliverer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "plan"
    deliverer.run(*PLAN, str(folder))
    deliverer.outputs.unlink()
    deliverer.says("preview", "Policies:\n    no public bucket", code=5)
    assert deliverer.run(*PLAN, str(folder)) == 5
    assert list(folder.iterdir()) == []
    assert not deliverer.outputs.exists()
    assert "### Plan of `dev`: **failed**, exit code 5" in deliverer.summary.read_text()
    assert "no public bucket" in capsys.readouterr().out


def test_where_nothing_is_to_do_nobody_is_asked(deliverer: Deliverer, tmp_path: Path) -> None:
    deliverer.says("preview", "Resources:\n    1 unchanged", plan=NOTHING)
    deliverer.run(*PLAN, str(tmp_path / "plan"))
    assert outputs(deliverer)["changes"] == "false"
    assert "### Plan of `dev`: nothing to do" in deliverer.summary.read_text()


@pytest.mark.parametrize(
    ("plan", "shown", "changes"),
    [
        ({"resourcePlans": {"u": {"steps": ["same"]}, "v": {"steps": ["read"]}}}, "", False),
        ({"resourcePlans": {}}, "", False),
        ({"resourcePlans": {"u": {"steps": ["same", "update"]}}}, "", True),
        ({"resourcePlans": {"u": {"steps": ["delete"]}}}, "", True),
        ({"resourcePlans": {"u": {"steps": []}}}, "", True),
        ({"resourcePlans": {"u": {}}}, "", True),
        ({}, "", True),
        ({"resourcePlans": {"u": {"steps": ["same"]}}}, "    --outputs:--\n  + url: x", True),
        ({"resourcePlans": {"u": {"steps": ["same"]}}}, "Outputs:\n  + url: x", True),
    ],
)
def test_in_doubt_a_plan_has_changes(plan: dict[str, object], shown: str, *, changes: bool) -> None:
    assert has_changes(plan, shown) is changes


def test_another_plan_than_the_approved_one_does_not_run(
    deliverer: Deliverer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "plan"
    deliverer.run(*PLAN, str(folder))
    found = outputs(deliverer)["digest"]
    assert deliverer.run(*UP, str(folder), "--digest", "0" * 64) == 2
    assert ups(deliverer) == []
    expected = f"{folder}/manifest.json: has the digest {found}, and what was approved has {'0' * 64}: {AGAIN}"
    assert capsys.readouterr().err == f"error: {expected}\n"


def test_a_plan_that_was_changed_does_not_run(
    deliverer: Deliverer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "plan"
    deliverer.run(*PLAN, str(folder))
    was = digest(folder / "plan.json")
    (folder / "plan.json").write_text("{}")
    assert deliverer.run(*UP, str(folder), "--digest", outputs(deliverer)["digest"]) == 2
    assert ups(deliverer) == []
    is_ = digest(folder / "plan.json")
    expected = f"{folder}/plan.json: has the digest {is_}, and its manifest says {was}: {AGAIN}"
    assert capsys.readouterr().err == f"error: {expected}\n"


def test_a_plan_whose_artifact_has_expired_says_what_to_do(
    deliverer: Deliverer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deliverer.run(*UP, str(tmp_path / "gone"), "--digest", "0" * 64) == 2
    expected = f"{tmp_path}/gone: holds no plan, or no longer (artifacts are kept for days): {AGAIN}"
    assert capsys.readouterr().err == f"error: {expected}\n"
    assert ups(deliverer) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda d: d.commit("second"), "was made for commit "),
        (
            lambda d: d.says("stack", json.dumps({**STATE, "version": 4})),
            "the stack dev was changed since its plan of ",
        ),
        (lambda d: d.says("version", "v3.10.0"), "was made for version of the Pulumi CLI 3.9.1, and this is 3.10.0: "),
    ],
    ids=["commit", "state", "version"],
)
def test_a_plan_for_what_is_no_longer_so_does_not_run(
    deliverer: Deliverer, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: object, told: str
) -> None:
    folder = tmp_path / "plan"
    deliverer.run(*PLAN, str(folder))
    assert callable(change)
    change(deliverer)
    assert deliverer.run(*UP, str(folder), "--digest", outputs(deliverer)["digest"]) == 2
    assert told in capsys.readouterr().err
    assert ups(deliverer) == []


def test_a_plan_of_another_stack_does_not_run(
    deliverer: Deliverer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "plan"
    deliverer.run(*PLAN, str(folder))
    assert deliverer.run("up", "--stack", "prod", "--plan", str(folder)) == 2
    assert "was made for stack dev, and this is prod: " in capsys.readouterr().err


def test_a_state_that_is_only_laid_out_otherwise_is_the_same() -> None:
    assert fingerprint('{"a":1,"b":[2]}') == fingerprint('{\n  "b": [2],\n  "a": 1\n}')
    assert fingerprint('{"a":1}') != fingerprint('{"a":2}')


def test_files_that_differ_from_the_commit_are_named(
    deliverer: Deliverer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (deliverer.root / "program").write_text("not committed")
    assert deliverer.run(*PLAN, str(tmp_path / "plan")) == 2
    expected = "error: a plan is of a commit, and these files differ from it: M, program\n"
    assert capsys.readouterr().err == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no json", "is no JSON"),
        ("[]", "must have the texts commit, made, plan, pulumi, stack, state, got []"),
        ('{"stack": 1}', "must have the texts commit, made, plan, pulumi, stack, state, got {'stack': 1}"),
    ],
)
def test_a_manifest_that_is_none_is_refused(
    deliverer: Deliverer, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    for name in ("plan.json", "manifest.json"):
        (tmp_path / name).write_text(text)
    assert deliverer.run(*UP, str(tmp_path)) == 2
    assert told in capsys.readouterr().err


def test_an_up_that_fails_hands_its_exit_code_on(deliverer: Deliverer, tmp_path: Path) -> None:
    folder = tmp_path / "plan"
    deliverer.run(*PLAN, str(folder))
    deliverer.says("up", "error: resource urn:b violates plan: properties changed: ++name", code=4)
    assert deliverer.run(*UP, str(folder)) == 4
    assert "### `up` of `dev`: **failed**, exit code 4" in deliverer.summary.read_text()
    assert "violates plan" in deliverer.summary.read_text()
