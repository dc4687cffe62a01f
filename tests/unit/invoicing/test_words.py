"""Figures, days and steps in words."""

# ruff: noqa: RUF001 - real minus and multiplication signs, and dashes

from typing import Any

import pytest

from invoicing.html import words


@pytest.mark.parametrize(
    ("detail", "amount", "steps"),
    [
        ({"parts": [{"kind": "units", "quantity": "3", "each": "2", "amount": "6"}], "unrounded": "6"}, "6.00", []),
        (
            {"parts": [{"kind": "units", "quantity": "3", "each": "2.001", "amount": "6.003"}], "unrounded": "6.003"},
            "6.00",
            ["3 × 2.001 = 6.003"],
        ),
        (
            {"parts": [{"kind": "packages", "quantity": "2", "each": "5", "amount": "10"}], "unrounded": "10"},
            "10.00",
            ["2 packages × 5 = 10"],
        ),
        (
            {
                "parts": [
                    {"kind": "value", "quantity": "1000", "rate": "2.5", "amount": "25"},
                    {"kind": "events", "quantity": "4", "each": "0.3", "amount": "1.2"},
                ],
                "adjustments": [
                    {"kind": "usage_discount", "figure": "50", "change": "-50"},
                    {"kind": "maximum", "figure": "20", "change": "-6.2"},
                    {"kind": "minimum", "figure": "30", "change": "10"},
                ],
                "billed_quantity": "1000",
                "unrounded": "30",
            },
            "30.00",
            [
                "1,050 − 50 discounted = 1,000",
                "2.5 % of 1,000 = 25",
                "4 events × 0.3 = 1.2",
                "at most 20: −6.2",
                "at least 30: +10",
                "together 30",
            ],
        ),
    ],
)
def test_steps_can_be_followed_with_a_pocket_calculator(detail: dict[str, Any], amount: str, steps: list[str]) -> None:
    line = {"quantity": "1050", "amount": amount, "detail": {"adjustments": [], "proration": None, **detail}}
    assert words.steps(line) == steps


def test_words() -> None:
    assert [words.number(text) for text in ("0", "-0.50", "1234567.8910", "-1000")] == [
        "0",
        "−0.50",
        "1,234,567.8910",
        "−1,000",
    ]
    assert words.days("2026-10-31", "2026-11-01") == "31 October 2026"
    assert words.days("2026-12-30", "2027-01-01") == "30–31 December 2026"
    assert words.moment("2026-11-03T06:00:07Z") == "3 November 2026, 06:00:07 UTC"
    many = [{"dimensions": {"path": None if n == 7 else f"/{n}", "verb": "GET"}, "quantity": str(n)} for n in range(8)]
    assert words.groups({"groups": many}) == [
        "by path, verb: (none) GET 7",
        *(f"/{n} GET {n}" for n in (6, 5, 4, 3, 2)),
        "2 more in the JSON document",
    ]
    assert words.groups({"groups": many[:1], "groups_omitted": 998765}) == [
        "by path, verb: /0 GET 0",
        "and 998,765 smaller ones",
    ]
