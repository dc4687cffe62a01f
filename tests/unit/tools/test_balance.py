from dataclasses import replace

import pytest

from tools.balance import Figures, balance

WHOLE = Figures(sent=200, unanswered=0, unexpected=0, rows=200, distinct_keys=200, malformed_put=7, malformed_found=7)


def test_a_run_in_which_all_is_found_adds_up() -> None:
    assert [(line.name, line.expected, line.found, line.holds) for line in balance(WHOLE)] == [
        ("delivery", 200, 200, True),
        ("no duplicates", 200, 200, True),
        ("failures", 7, 7, True),
        ("answers", 200, 200, True),
        ("statuses", 200, 200, True),
    ]


@pytest.mark.parametrize(
    ("wrong", "broken"),
    [
        pytest.param({"rows": 199, "distinct_keys": 199}, ["delivery"], id="a row is missing"),
        pytest.param({"rows": 201}, ["delivery", "no duplicates"], id="a row is doubled"),
        pytest.param({"distinct_keys": 199}, ["no duplicates"], id="a doubled row hides a missing one"),
        pytest.param({"malformed_found": 6}, ["failures"], id="a failure left no trace"),
        pytest.param({"malformed_found": 8}, ["failures"], id="a good request failed"),
        pytest.param({"unanswered": 1}, ["answers"], id="a request without an answer"),
        pytest.param({"unexpected": 1}, ["statuses"], id="a forged token got in"),
    ],
)
def test_what_does_not_add_up_is_named(wrong: dict[str, int], broken: list[str]) -> None:
    assert [line.name for line in balance(replace(WHOLE, **wrong)) if not line.holds] == broken
