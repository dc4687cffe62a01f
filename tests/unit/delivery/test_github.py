"""One comment that is updated, one issue that is open while there is drift; nothing of anybody else's is touched."""

import json
from typing import Any
from urllib.request import Request

import pytest

from tools.delivery.__main__ import main
from tools.delivery.failure import DeliveryError
from tools.delivery.github import GitHub

ENVIRONMENT = {"GITHUB_REPOSITORY": "acme/metering", "GITHUB_TOKEN": "t"}
ISSUES = "https://api.github.com/repos/acme/metering/issues"
BOT = {"login": "github-actions[bot]"}
MARK = "<!-- preview of dev -->"


class Answers:
    """Answers requests by method and address, and keeps what was sent."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.sent: list[tuple[str, Any]] = []

    def __call__(self, request: Request) -> Any:
        assert request.get_header("Authorization") == "Bearer t"
        key = f"{request.method} {request.full_url}"
        body = json.loads(request.data) if isinstance(request.data, bytes) else None
        self.sent.append((key, body))
        return self.answers[key]


def changes(answers: Answers) -> list[tuple[str, Any]]:
    return [(key, body) for key, body in answers.sent if not key.startswith("GET ")]


def test_the_first_preview_is_a_new_comment() -> None:
    answers = Answers(
        {
            f"GET {ISSUES}/7/comments?per_page=100&page=1": [],
            f"POST {ISSUES}/7/comments": {"html_url": "https://github.com/c/1"},
        }
    )
    assert GitHub(ENVIRONMENT, answers).comment(7, MARK, "text") == "https://github.com/c/1"
    assert changes(answers) == [(f"POST {ISSUES}/7/comments", {"body": f"{MARK}\ntext"})]


def test_the_next_preview_is_written_over_it() -> None:
    others = [
        {"id": 1, "user": {"login": "mallory"}, "body": f"{MARK}\nplanted"},
        {"id": 2, "user": BOT, "body": "<!-- preview of prod -->\ntext"},
        {"id": 3, "user": None, "body": None},
        {"id": 4, "user": BOT, "body": f"quoted {MARK}\ntext"},
    ]
    answers = Answers(
        {
            f"GET {ISSUES}/7/comments?per_page=100&page=1": [*others] * 25,
            f"GET {ISSUES}/7/comments?per_page=100&page=2": [{"id": 5, "user": BOT, "body": f"{MARK}\nold"}],
            f"PATCH {ISSUES}/comments/5": {"html_url": "https://github.com/c/5"},
        }
    )
    assert GitHub(ENVIRONMENT, answers).comment(7, MARK, "new") == "https://github.com/c/5"
    assert changes(answers) == [(f"PATCH {ISSUES}/comments/5", {"body": f"{MARK}\nnew"})]


def test_drift_opens_an_issue_once_and_renews_it() -> None:
    listing = f"GET {ISSUES}?state=open&per_page=100&page=1"
    pull = {"number": 3, "user": BOT, "body": f"{MARK}\nx", "pull_request": {}}
    first = Answers({listing: [pull], f"POST {ISSUES}": {"html_url": "https://github.com/i/8"}})
    assert GitHub(ENVIRONMENT, first).open_issue(MARK, "Drift", "one") == "https://github.com/i/8"
    assert changes(first) == [(f"POST {ISSUES}", {"title": "Drift", "body": f"{MARK}\none"})]
    issue = {"number": 8, "user": BOT, "body": f"{MARK}\none"}
    second = Answers({listing: [pull, issue], f"PATCH {ISSUES}/8": {"html_url": "https://github.com/i/8"}})
    assert GitHub(ENVIRONMENT, second).open_issue(MARK, "Drift", "two") == "https://github.com/i/8"
    assert changes(second) == [(f"PATCH {ISSUES}/8", {"title": "Drift", "body": f"{MARK}\ntwo"})]


def test_the_issue_is_closed_when_the_drift_is_gone() -> None:
    listing = f"GET {ISSUES}?state=open&per_page=100&page=1"
    planted = {"number": 9, "user": {"login": "mallory"}, "body": f"{MARK}\nx"}
    answers = Answers(
        {
            listing: [planted, {"number": 8, "user": BOT, "body": f"{MARK}\none"}],
            f"POST {ISSUES}/8/comments": {"html_url": "c"},
            f"PATCH {ISSUES}/8": {"html_url": "https://github.com/i/8"},
        }
    )
    assert GitHub(ENVIRONMENT, answers).close_issues(MARK, "gone") == ["https://github.com/i/8"]
    assert changes(answers) == [
        (f"POST {ISSUES}/8/comments", {"body": "gone"}),
        (f"PATCH {ISSUES}/8", {"state": "closed", "state_reason": "completed"}),
    ]


def test_where_there_was_no_drift_nothing_is_written() -> None:
    answers = Answers({f"GET {ISSUES}?state=open&per_page=100&page=1": []})
    assert GitHub(ENVIRONMENT, answers).close_issues(MARK, "gone") == []
    assert changes(answers) == []


def test_whom_github_asks_is_told() -> None:
    rules = [
        {"type": "wait_timer", "wait_timer": 30},
        {
            "type": "required_reviewers",
            "reviewers": [
                {"type": "User", "reviewer": {"login": "ann"}},
                {"type": "Team", "reviewer": {"slug": "operators"}},
            ],
        },
        {"type": "branch_policy"},
    ]
    url = "GET https://api.github.com/repos/acme/metering/environments/dev"
    assert GitHub(ENVIRONMENT, Answers({url: {"protection_rules": rules}})).reviewers("dev") == ["ann", "operators"]
    assert GitHub(ENVIRONMENT, Answers({url: {"protection_rules": rules[:1]}})).reviewers("dev") == []
    assert GitHub(ENVIRONMENT, Answers({url: {}})).reviewers("dev") == []


def test_where_github_asks_nobody_nothing_is_deployed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = ["ann"]
    monkeypatch.setattr(GitHub, "reviewers", lambda _, environment: found if environment == "dev" else [])
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    assert main(["gate", "--stack", "dev"]) == 0
    assert main(["gate", "--stack", "prod"]) == 2
    told = capsys.readouterr()
    assert told.out == "dev: plans are approved by ann\n"
    assert told.err == (
        "error: the environment prod has no required reviewers, so nobody would be asked to approve its plans: add them"
        " in the repository's settings (docs/delivery.md)\n"
    )


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, "GITHUB_REPOSITORY, GITHUB_TOKEN must be set"),
        ({**ENVIRONMENT, "GITHUB_TOKEN": ""}, "GITHUB_TOKEN must be set"),
        (
            {**ENVIRONMENT, "GITHUB_API_URL": "file:///etc"},
            "GITHUB_API_URL: must begin with https://, got 'file:///etc'",
        ),
    ],
)
def test_an_environment_that_lacks_something_is_refused(environment: dict[str, str], told: str) -> None:
    with pytest.raises(DeliveryError, match=told):
        GitHub(environment)


def test_an_enterprises_own_github_is_asked_there() -> None:
    issues = "https://github.acme.example/api/v3/repos/acme/metering/issues"
    answers = Answers({f"GET {issues}?state=open&per_page=100&page=1": []})
    GitHub({**ENVIRONMENT, "GITHUB_API_URL": "https://github.acme.example/api/v3"}, answers).close_issues(MARK, "gone")
    assert len(answers.sent) == 1
