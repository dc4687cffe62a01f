"""AWS's own tables of how alarms are evaluated when data is missing, and the cases that its text adds to them."""

import pytest

from embedded_aws.cloudwatch import messages
from embedded_aws.cloudwatch.verdict import TREATMENTS, Rule, Verdict, evaluate

KEPT = "kept"
"""Stands for the state that the alarm was in."""
SIGNS = {"0": 0.0, "X": 5.0, "-": None}

THREE_OF_THREE = [
    ("0-X-X", 0, "OK", "OK", "OK", "OK"),
    ("0----", 2, "OK", "OK", "OK", "OK"),
    ("-----", 3, "INSUFFICIENT_DATA", KEPT, "ALARM", "OK"),
    ("0XX-X", 0, "ALARM", "ALARM", "ALARM", "ALARM"),
    ("--X--", 2, "ALARM", KEPT, "ALARM", "OK"),
    ("----X", 2, KEPT, KEPT, "ALARM", "OK"),
    ("---X-", 2, KEPT, KEPT, "ALARM", "OK"),
    ("---X0", 1, "OK", "OK", "OK", "OK"),
    ("--X-0", 1, "OK", "OK", "OK", "OK"),
    ("000XX", 0, "OK", "OK", "OK", "OK"),
]
TWO_OF_THREE = [
    ("0-X-X", 0, "ALARM", "ALARM", "ALARM", "ALARM"),
    ("00X0X", 0, "ALARM", "ALARM", "ALARM", "ALARM"),
    ("0-X--", 1, "OK", "OK", "ALARM", "OK"),
    ("----0", 2, "OK", "OK", "ALARM", "OK"),
    ("---X-", 2, "ALARM", KEPT, "ALARM", "OK"),
    ("----X", 2, KEPT, KEPT, "ALARM", "OK"),
]


def _rule(to_alarm: int, treatment: str, periods: int = 3) -> Rule:
    return Rule("GreaterThanThreshold", 1.0, periods, to_alarm, treatment)


def _cases() -> list[tuple[int, str, int, str, str]]:
    by_treatment = ("missing", "ignore", "breaching", "notBreaching")
    return [
        (to_alarm, points, filled, treatment, expected)
        for to_alarm, rows in ((3, THREE_OF_THREE), (2, TWO_OF_THREE))
        for points, filled, *states in rows
        for treatment, expected in zip(by_treatment, states, strict=True)
    ]


@pytest.mark.parametrize("case", _cases(), ids=lambda case: "-of-3 ".join(map(str, case[:2])) + f" {case[3]}")
@pytest.mark.parametrize("before", ["OK", "ALARM", "INSUFFICIENT_DATA"])
def test_the_tables_of_the_documentation(case: tuple[int, str, int, str, str], before: str) -> None:
    to_alarm, points, filled, treatment, expected = case
    found = evaluate(_rule(to_alarm, treatment), [SIGNS[sign] for sign in points], before)
    assert (found.state, found.filled) == (before if expected == KEPT else expected, filled)


@pytest.mark.parametrize("treatment", TREATMENTS)
def test_one_of_one_alarms_at_once_and_is_over_at_once(treatment: str) -> None:
    rule = _rule(1, treatment, periods=1)
    assert evaluate(rule, [None, None, 5.0], "OK") == Verdict("ALARM", (2,), 0)
    assert evaluate(rule, [None, 5.0, 0.0], "ALARM") == Verdict("OK", (2,), 0)
    assert evaluate(rule, [None, 5.0, None], "OK") == Verdict("ALARM", (1,), 0)  # an older one makes up for it


@pytest.mark.parametrize(
    ("comparison", "states"),
    [
        ("GreaterThanThreshold", ("OK", "OK", "ALARM")),
        ("GreaterThanOrEqualToThreshold", ("OK", "ALARM", "ALARM")),
        ("LessThanThreshold", ("ALARM", "OK", "OK")),
        ("LessThanOrEqualToThreshold", ("ALARM", "ALARM", "OK")),
    ],
)
def test_comparisons_at_the_threshold_and_beside_it(comparison: str, states: tuple[str, ...]) -> None:
    rule = Rule(comparison, 1.0, 1, 1, "missing")
    assert tuple(evaluate(rule, [value], "OK").state for value in (0.5, 1.0, 1.5)) == states


TWO = "2 datapoints [{} (01/01/70 00:02:00), 0.0 (01/01/70 00:01:00)]"
END = "greater than the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition)."
NONE = "no datapoints were received for 2 periods and 2 missing datapoints were treated as [Breaching]."


@pytest.mark.parametrize(
    ("points", "treatment", "expected"),
    [
        ([None, 0.0, 5.0], "missing", f"Threshold Crossed: 1 out of the last {TWO.format(5.0)} was {END}"),
        ([0.0, 0.0, 0.5], "missing", f"Threshold Crossed: 2 out of the last {TWO.format(0.5)} were not {END}"),
        ([None] * 3, "missing", "Insufficient Data: 2 datapoints were unknown."),
        ([None] * 3, "breaching", f"Threshold Crossed: {NONE}"),
    ],
)
def test_a_state_says_why(points: list[float | None], treatment: str, expected: str) -> None:
    rule = Rule("GreaterThanThreshold", 1.0, 2, 1, treatment)
    assert messages.reason(rule, points, range(0, 180, 60), evaluate(rule, points, "OK")) == expected
