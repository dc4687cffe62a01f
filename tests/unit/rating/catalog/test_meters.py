from typing import Any

import pytest

from rating.catalog import Meter
from rating.form import FormError
from tests.unit.rating.catalogs import COLUMNS, NAME_RULE, NUMBER_RULE, meter, parse, raw

OPERATORS = "equals, not_equals, in, not_in, greater_than, greater_than_or_equal, less_than, less_than_or_equal"


def faults(form: Any, name: str = "m") -> list[str]:
    """Return what is wrong with a meter, without its path."""
    with pytest.raises(FormError) as caught:
        parse(raw(meters={name: form}))
    return [problem.removeprefix(f"meters.{name}") for problem in caught.value.problems]


def filtered(**condition: Any) -> dict[str, Any]:
    return meter(filters=[condition])


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (
            {},
            [
                ".aggregation: must be one of count, sum, max, unique_count, latest, got null",
                ".description: missing, must be text",
                ".unit: missing, must be text",
            ],
        ),
        (
            {"description": "", "unit": 5, "aggregation": "average", "value": "x", "filters": [{}], "group_by": ["x"]},
            [
                '.aggregation: must be one of count, sum, max, unique_count, latest, got "average"',
                '.description: must be one line of 1 to 200 characters, got ""',
                ".unit: must be text, which a number or a date is only in quotes, got 5",
                f".filters[0].column: must be a column of the meter's table ({COLUMNS}), got null",
                f".filters[0]: must have exactly one of {OPERATORS}, got none",
                f".group_by[0]: must be a column of the meter's table ({COLUMNS}), got \"x\"",
            ],
        ),
        (meter(description="a\nb"), ['.description: must be one line of 1 to 200 characters, got "a\nb"']),
        (meter(table="events"), ['.table: must be one of api-requests, usage-events, got "events"']),
        (
            meter("sum", table="events", value="x", filters=[{"column": "y", "equals": 1}], group_by=["z", 5]),
            [
                '.table: must be one of api-requests, usage-events, got "events"',
                ".group_by[1]: must be text, which a number or a date is only in quotes, got 5",
            ],
        ),
        (meter("sum"), [".value: missing, must be the column whose sum is measured"]),
        (meter("unique_count"), [".value: missing, must be the column whose unique_count is measured"]),
        (meter("sum", value="at", table="usage-events"), [
            ".value: must be a column of the meter's table (value), got \"at\""
        ]),
        *(
            (
                meter(aggregation, value=column),
                [
                    f".value: must be a column of whole or decimal numbers for {aggregation}, but {column} {of_type}"
                ],
            )
            for aggregation, column, of_type in (
                ("sum", "route", "is of type string"),
                ("max", "at", "is of type timestamptz"),
                ("latest", "billable", "is of type boolean"),
                ("sum", "ratio", "is of type double"),
            )
        ),
        (meter(group_by="route"), ['.group_by: must be a list, got "route"']),
        (meter(group_by=["at"]), [
            ".group_by[0]: must be a column of text, booleans or whole numbers, but its type is timestamptz"
        ]),
        (meter(group_by=["share"]), [
            ".group_by[0]: must be a column of text, booleans or whole numbers, but its type is decimal(38, 9)"
        ]),
        (meter(group_by=["route", "route"]), ['.group_by[1]: must be there once, got "route" again']),
        (meter(filters=[5]), [".filters[0]: must be an object, got 5"]),
        (filtered(column="billable", equals=True, not_equals=False, x=1), [
            '.filters[0]: unknown key "x"',
            f".filters[0]: must have exactly one of {OPERATORS}, got equals, not_equals",
        ]),
        (filtered(column="billable", equals="true"), [
            '.filters[0].equals: must be true or false, as its column is, got "true"'
        ]),
        (filtered(column="route", equals=False), [
            ".filters[0].equals: must be text, in quotes if need be, as its column is, got false"
        ]),
        (filtered(column="bytes", equals=True), [
            f".filters[0].equals: {NUMBER_RULE}, got true"
        ]),
        (filtered(column="bytes", not_in=["1", 2, 0.5, "x"]), [
            f".filters[0].not_in[2]: {NUMBER_RULE}, got 0.5",
            f'.filters[0].not_in[3]: {NUMBER_RULE}, got "x"',
        ]),
        (filtered(**{"column": "route", "in": []}), [
            ".filters[0].in: must be a list of at least one value, got a list"
        ]),
        (filtered(**{"column": "route", "in": "/a"}), [
            '.filters[0].in: must be a list of at least one value, got "/a"'
        ]),
        (filtered(column="route", less_than="b"), [
            ".filters[0].less_than: must be on a column of whole or decimal numbers, but its type is string"
        ]),
        (filtered(column="at", equals="2026-01-01"), [
            ".filters[0].equals: must be on a column of text, booleans or numbers, but its type is timestamptz"
        ]),
        (filtered(column="at", greater_than="2026-01-01"), [
            ".filters[0].greater_than: must be on a column of whole or decimal numbers, but its type is timestamptz"
        ]),
    ],
)  # fmt: skip
def test_a_faulty_meter_is_refused(form: Any, expected: list[str]) -> None:
    assert faults(form) == expected


@pytest.mark.parametrize("name", ["recurring", "commitment"])
def test_a_meter_is_not_named_as_another_line_of_a_bill(name: str) -> None:
    assert faults(meter(), name) == [": must not be named one of commitment, recurring"]


@pytest.mark.parametrize(
    ("name", "good"),
    [("a", True), ("a-b_9", True), ("a" * 64, True), ("a" * 65, False), ("9a", False), ("aB", False), ("é", False)],
)
def test_names(name: str, good: bool) -> None:
    if good:
        assert list(parse(raw(meters={name: meter()})).meters) == [name]
    else:
        shown = f'"{name}"' if len(name) < 39 else f'"{name[:39]}…'
        assert faults(meter(), name) == [f": {NAME_RULE}, got {shown}"]


@pytest.mark.parametrize(
    ("aggregation", "value", "is_value"),
    [
        ("count", None, False),
        ("unique_count", "at", False),
        ("sum", "bytes", True),
        ("max", "share", True),
        ("latest", "bytes", True),
    ],
)
def test_a_sum_is_a_value_and_a_number_of_things_is_none(aggregation: Any, value: str | None, is_value: bool) -> None:
    parsed = parse(raw(meters={"m": meter(aggregation, value=value)})).meters["m"]
    assert parsed == Meter("m", "Things", "thing", "api-requests", aggregation, value, (), ())
    assert parsed.measures_a_value is is_value
