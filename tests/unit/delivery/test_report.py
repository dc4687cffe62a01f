"""Reports fit into a comment, cannot break out of their frame, and keep what decides."""

from tools.delivery.report import LIMIT, Origin, report, shortened

NOWHERE = Origin(commit="", run="")


def test_a_report_says_where_it_comes_from() -> None:
    environment = {
        "GITHUB_RUN_ID": "42",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "acme/metering",
        "GITHUB_SHA": "abc",
    }
    run = "https://github.com/acme/metering/actions/runs/42"
    assert Origin.of(environment) == Origin(commit="abc", run=run)
    assert report("T", "o", "text", Origin.of(environment)).endswith(f"</details>\n\ncommit abc, [the run]({run})\n")
    assert Origin.of({**environment, "COMMIT": "def"}) == Origin(commit="def", run=run)
    assert Origin.of({}) == NOWHERE


def test_the_counts_of_the_last_summary_stand_on_top() -> None:
    counts = "    + 2 to create\n    ~ 1 to update\n    3 changes. 9 unchanged\n"
    text = f"Resources:\n    1 old\n\nmore\nResources:\n{counts}\nend"
    lines = report("T", "o", text, NOWHERE).splitlines()
    assert lines[:3] == ["### T: o", "", "+ 2 to create, ~ 1 to update, 3 changes. 9 unchanged"]


def test_text_cannot_end_its_own_frame() -> None:
    text = report("T", "o", "a\n~~~~\n</details>\n@everyone", NOWHERE)
    assert text.count("\n~~~~~") == 2
    assert "\n~~~~~text\na\n~~~~\n</details>\n@everyone\n~~~~~\n" in text


def test_a_long_text_loses_its_middle() -> None:
    text = "a" * 50 + "b" * 1000 + "c" * 100
    short = shortened(text, Origin(commit="", run="https://x/1"), limit=150)
    assert short == "a" * 50 + "\n… 1000 characters are left out here, all of it is in https://x/1 …\n" + "c" * 100
    assert shortened("short\n", NOWHERE) == "short"


def test_a_report_fits_into_a_comment() -> None:
    assert len(report("T", "o", "x\n" * LIMIT, NOWHERE)) < 65_536 - 500
