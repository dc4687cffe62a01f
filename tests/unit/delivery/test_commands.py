"""Previews, looks for drift, and what is said when they cannot be had."""

from pathlib import Path

import pytest

from tests.unit.delivery.conftest import Deliverer


def test_a_preview_is_held_to_the_policies_and_reported(deliverer: Deliverer, tmp_path: Path) -> None:
    report = tmp_path / "report.md"
    assert deliverer.run("preview", "--stack", "dev", "--report", str(report)) == 0
    assert deliverer.calls() == [
        [
            *("preview", "--stack", "dev", "--diff", "--policy-pack", "policy"),
            *("--non-interactive", "--color", "never"),
        ]
    ]
    assert report.read_text() == (
        "### Preview of `dev`: this is what `up` would do\n\n+ 1 to create, 1 unchanged\n\n"
        "<details><summary>What Pulumi printed</summary>\n\n~~~text\n"
        "Resources:\n    + 1 to create\n    1 unchanged\n~~~\n\n</details>\n"
    )


def test_a_preview_that_fails_is_reported_too(deliverer: Deliverer, tmp_path: Path) -> None:
    deliverer.says("preview", "error: mandatory policy violated", code=5)
    report = tmp_path / "report.md"
    assert deliverer.run("preview", "--stack", "dev", "--report", str(report)) == 5
    assert report.read_text().startswith("### Preview of `dev`: **failed**, exit code 5\n")
    assert "mandatory policy violated" in report.read_text()


@pytest.mark.parametrize(
    ("text", "code", "exit_code", "drift"),
    [
        ("Resources:\n    3 unchanged", 0, 0, "none"),
        ("error: no changes were expected but changes were proposed", 7, 1, "found"),
        ("error: no changes were expected but changes occurred", 255, 1, "found"),
    ],
    ids=["none", "found", "found by an older CLI"],
)
def test_drift_is_found_and_the_state_left(
    deliverer: Deliverer, tmp_path: Path, *, text: str, code: int, exit_code: int, drift: str
) -> None:
    deliverer.says("refresh", text, code=code)
    report = tmp_path / "report.md"
    assert deliverer.run("drift", "--stack", "dev", "--report", str(report)) == exit_code
    assert deliverer.calls() == [
        [
            *("refresh", "--stack", "dev", "--preview-only", "--expect-no-changes", "--diff"),
            *("--non-interactive", "--color", "never"),
        ]
    ]
    assert deliverer.outputs.read_text() == f"drift={drift}\n"
    assert text in report.read_text()


def test_a_look_that_fails_says_nothing_of_drift(
    deliverer: Deliverer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deliverer.says("refresh", "error: AccessDenied", code=4)
    report = tmp_path / "report.md"
    assert deliverer.run("drift", "--stack", "dev", "--report", str(report)) == 4
    assert not report.exists()
    assert not deliverer.outputs.exists()
    assert capsys.readouterr().err == (
        "error: `pulumi refresh --stack dev --preview-only --expect-no-changes --diff` failed with exit code 4:"
        " whether there is drift is not known\n"
    )


def test_without_the_pulumi_cli_the_message_says_how_to_get_it(
    deliverer: Deliverer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert deliverer.run("preview", "--stack", "dev") == 2
    assert capsys.readouterr().err == (
        "error: `pulumi` is not on the path, and this target runs it. Install version 3.9.1:"
        " https://www.pulumi.com/docs/iac/download-install/. Without it there is `make demo`, which deploys into the"
        " embedded AWS\n"
    )


@pytest.mark.parametrize("command", ["preview", "drift", "up"])
def test_a_stack_that_is_none_is_refused(
    deliverer: Deliverer, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deliverer.run(command, "--stack", "dev; rm -rf /") == 2
    assert capsys.readouterr().err == (
        "error: STACK: must be letters, digits, `_`, `.` and `-`, such as dev, got 'dev; rm -rf /'\n"
    )
    assert deliverer.calls() == []


def test_at_a_terminal_pulumi_itself_asks(deliverer: Deliverer) -> None:
    deliverer.says("up", "Do you want to perform this update?", code=3)
    assert deliverer.run("up", "--stack", "dev") == 3
    assert deliverer.calls() == [["up", "--stack", "dev", "--policy-pack", "policy"]]


def test_a_digest_needs_a_plan(deliverer: Deliverer, capsys: pytest.CaptureFixture[str]) -> None:
    assert deliverer.run("up", "--stack", "dev", "--digest", "0" * 64) == 2
    assert capsys.readouterr().err == "error: DIGEST: is of a plan, so PLAN must be set, too\n"


def test_a_stack_that_is_not_there_is_told_by_pulumis_own_words(
    deliverer: Deliverer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deliverer.says("stack", "", code=6)
    assert deliverer.run("plan", "--stack", "dev", "--plan", str(tmp_path / "plan")) == 2
    assert capsys.readouterr().err == "error: `pulumi stack export --stack dev` failed: \n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("comment", "--pull", "7x"), "PULL: must be the number of a pull request, got '7x'"),
        (("comment",), "PULL: must be the number of a pull request, got None"),
        (("issue", "--drift", "maybe"), "DRIFT: must be found or none, got 'maybe'"),
        (("issue", "--drift", "none"), "GITHUB_REPOSITORY, GITHUB_TOKEN must be set"),
    ],
)
def test_what_cannot_be_told_to_github_is_refused(
    deliverer: Deliverer, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], told: str
) -> None:
    assert deliverer.run(*arguments, "--stack", "dev", "--report", "report.md") == 2
    assert told in capsys.readouterr().err


def test_a_report_that_is_not_there_is_named(deliverer: Deliverer, capsys: pytest.CaptureFixture[str]) -> None:
    assert deliverer.run("comment", "--stack", "dev", "--report", "gone.md", "--pull", "7") == 2
    assert "gone.md" in capsys.readouterr().err
