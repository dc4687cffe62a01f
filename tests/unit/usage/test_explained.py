"""How usage came about: the query's text, and answers read; what it finds is held in tests/embedded."""

from datetime import UTC, datetime

import pytest

from tests.unit.usage.usage_kit import COUNTED, COUNTED_EVENTS, EVENTS, TABLE
from usage.explained import Explained, Reason, explain_query, read_explained
from usage.failure import ResultError

BILLED_BEFORE = datetime(2026, 3, 2, tzinfo=UTC)
OF_REQUESTS = [
    *("is_void", "differs", "is_late", "billable", "status", "error_type", "http_method", "resource_path"),
    *("records", "deliveries"),
]
OF_EVENTS = ["is_void", "differs", "is_late", "type", "records", "deliveries"]

OWN = "JOIN (VALUES (1)) AS own (one) ON records.\"tenant_id\" = 'o''brien'\n"


def test_requests_are_told_by_why_nobody_pays() -> None:
    read = ["billable", "status", "error_type", "http_method", "resource_path"]
    inner = COUNTED.between.sql(read, tenants=OWN, with_void=True)
    grouped = 'is_void, differs, is_late, "billable", "status", "error_type", "http_method", "resource_path"'
    assert explain_query(COUNTED, "o'brien", BILLED_BEFORE) == (
        f"SELECT\n  {grouped},\n  count(*) AS records,\n  sum(deliveries) AS deliveries\nFROM (\n"
        "SELECT\n  is_void AS is_void,\n  differs AS differs,\n"
        "  \"ingested_at\" >= TIMESTAMP '2026-03-02 00:00:00.000000 UTC' AS is_late,\n"
        '  "billable" AS "billable",\n'
        + "".join(f'  CASE WHEN NOT "billable" THEN "{name}" END AS "{name}",\n' for name in read[1:])
        + f"  deliveries\nFROM (\n{inner}) AS records\n) AS told\nGROUP BY {grouped}"
    )


def test_events_are_told_by_type_and_without_a_bill_none_is_late() -> None:
    query = explain_query(COUNTED_EVENTS, "o'brien")
    assert '  FALSE AS is_late,\n  "type" AS "type",\n  deliveries\n' in query
    assert query.endswith('\nGROUP BY is_void, differs, is_late, "type"')


def test_an_answer_of_requests_is_read() -> None:
    rows = [
        ["false", "false", "false", "true", "", "", "", "", "10", "12"],
        ["false", "false", "true", "true", "", "", "", "", "2", "2"],
        ["false", "false", "false", "false", "404", "", "GET", "/a", "1", "1"],
        ["false", "false", "true", "false", "500", "LAMBDA", "GET", "/b", "3", "3"],
        ["false", "false", "false", "false", "500", "LAMBDA", "GET", "/b", "4", "4"],
        ["true", "false", "true", "true", "", "", "", "", "5", "9"],
        ["true", "false", "false", "false", "404", "", "GET", "/a", "6", "6"],
    ]
    found = read_explained(TABLE, OF_REQUESTS, rows)
    assert found == Explained(
        deliveries=37,
        records=31,
        void=11,
        late=5,
        billable=12,
        unbillable={Reason("500", "LAMBDA", "GET", "/b"): 7, Reason("404", None, "GET", "/a"): 1},
    )
    assert list(found.unbillable) == [Reason("500", "LAMBDA", "GET", "/b"), Reason("404", None, "GET", "/a")]
    assert (found.duplicates, found.counted) == (6, 20)


def test_an_answer_of_events_is_read() -> None:
    rows = [
        ["false", "true", "false", "tokens", "2", "5"],
        ["false", "false", "true", "seats", "1", "1"],
        ["false", "false", "false", "tokens", "3", "3"],
        ["true", "true", "false", "tokens", "7", "14"],
    ]
    found = read_explained(EVENTS, OF_EVENTS, rows)
    assert found == Explained(deliveries=23, records=13, void=7, late=1, differing=2, by_type={"seats": 1, "tokens": 5})
    assert list(found.by_type) == ["seats", "tokens"]


def test_of_a_tenant_without_rows_all_is_zero() -> None:
    assert read_explained(TABLE, OF_REQUESTS, []) == Explained()


@pytest.mark.parametrize(
    ("header", "row", "message"),
    [
        (OF_EVENTS[1:], [], "columns must be is_void, differs, is_late, type, records, deliveries, got differs, "),
        (OF_EVENTS, ["true"], "row 1 must have 6 values, got 1"),
        (OF_EVENTS, ["yes", "true", "true", "t", "1", "1"], "column is_void must hold true or false, got 'yes'"),
        (OF_EVENTS, ["true", "true", "", "t", "1", "1"], "column is_late must hold true or false, got ''"),
        (OF_EVENTS, ["true", "true", "true", "t", "-1", "1"], "column records must hold a count, got '-1'"),
        (OF_EVENTS, ["true", "true", "true", "t", "1", ""], "column deliveries must hold a count, got ''"),
    ],
)
def test_a_damaged_answer_is_refused(header: list[str], row: list[str], message: str) -> None:
    with pytest.raises(ResultError, match=f"^{message}"):
        read_explained(EVENTS, header, [row])


def test_a_request_is_paid_for_or_not() -> None:
    with pytest.raises(ResultError, match=r"^column billable must hold true or false, got ''$"):
        read_explained(TABLE, OF_REQUESTS, [["false", "false", "false", "", "", "", "", "", "1", "1"]])
