from typing import Any

import pytest

from rating.catalog import Meter
from rating.form import FormError
from tests.unit.rating.catalogs import COLUMNS, EVENT_FIELDS, NAME_RULE, NUMBER_RULE, meter, parse, raw

OPERATORS = "equals, not_equals, in, not_in, greater_than, greater_than_or_equal, less_than, less_than_or_equal"

NEGATIVE_RULE = "must be false, for only a value data.<name> of sum, max or latest can be below zero, got true"
MEMBER_NAME = ", which after data. must be a letter or _, then at most 63 of letters, digits and _"
MEMBER_RULE = "must have at most 15 digits before its point and 12 after it, as its column has"


def of_events(aggregation: str = "count", **keys: Any) -> dict[str, Any]:
    return meter(aggregation, **{"table": "usage-events", "event_type": "com.example.usage", **keys})


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
        (meter("sum", value="bytes", table="usage-events", event_type="e"), [
            f".value: must be a column of the meter's table ({EVENT_FIELDS}), got \"bytes\""
        ]),
        (meter("sum", value="data.a-b", table="usage-events", event_type="e"), [
            f".value: must be a column of the meter's table ({EVENT_FIELDS}), got \"data.a-b\"{MEMBER_NAME}"
        ]),
        (meter("sum", value="data.a", group_by=["data.b"], filters=[{"column": "data.c", "equals": "d"}]), [
            f".value: must be a column of the meter's table ({COLUMNS}), got \"data.a\"",
            f".filters[0].column: must be a column of the meter's table ({COLUMNS}), got \"data.c\"",
            f".group_by[0]: must be a column of the meter's table ({COLUMNS}), got \"data.b\"",
        ]),
        (of_events("max", value="type", group_by=["data.a", "data.a", "data."]), [
            ".value: must be a column of whole or decimal numbers for max, but type is of type string",
            '.group_by[1]: must be there once, got "data.a" again',
            f".group_by[2]: must be a column of the meter's table ({EVENT_FIELDS}), got \"data.\"{MEMBER_NAME}",
        ]),
        (meter(table="usage-events"), [".event_type: missing, must be text"]),
        (of_events(event_type=5), [
            ".event_type: must be text, which a number or a date is only in quotes, got 5"
        ]),
        (meter(event_type="com.example.usage"), [
            '.event_type: must be absent, for the table\'s rows are all of one kind, got "com.example.usage"'
        ]),
        (meter("sum", value="bytes", allow_negative=True), [f".allow_negative: {NEGATIVE_RULE}"]),
        (of_events("unique_count", value="data.a", allow_negative=True), [f".allow_negative: {NEGATIVE_RULE}"]),
        (of_events(allow_negative="yes"), ['.allow_negative: must be true or false, got "yes"']),
        *(
            (of_events(filters=[{"column": "data.a", operator: value}]), [f".filters[0].{operator}{fault}"])
            for operator, value, fault in (
                ("equals", 5, ": must be text, in quotes if need be, as its column is, got 5"),
                ("not_in", ["5", True], "[1]: must be text, in quotes if need be, as its column is, got true"),
                ("less_than", "five", f': {NUMBER_RULE}, got "five"'),
                ("less_than", "1e15", f': {MEMBER_RULE}, got "1e15"'),
                ("greater_than", "-1234567890123456", f': {MEMBER_RULE}, got "-1234567890123456"'),
                ("greater_than_or_equal", "0.1234567890123", f': {MEMBER_RULE}, got "0.1234567890123"'),
            )
        ),
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


def test_members_that_are_read_as_numbers_are_told() -> None:
    filters = [
        {"column": "data.tier", "greater_than": "-1.0000000000000"},
        {"column": "data.value", "less_than_or_equal": "123456789012345.123456789012"},
        {"column": "data.model", "equals": "small"},
    ]
    forms = {
        "sum": of_events("sum", value="data.value", filters=filters, allow_negative=True),
        "users": of_events("unique_count", value="data.user", filters=filters[:1]),
        "plain": of_events(group_by=["data._" + "x" * 63]),
    }
    meters = parse(raw(meters=forms)).meters
    assert {name: (one.value_member, one.data_members) for name, one in meters.items()} == {
        "sum": ("value", ("value", "tier")),
        "users": (None, ("tier",)),
        "plain": (None, ()),
    }
    assert [one.event_type for one in meters.values()] == ["com.example.usage"] * 3
