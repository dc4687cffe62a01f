from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from metering.records import API_REQUESTS
from usage import sql
from usage.failure import QueryTextError
from usage.sql import TableName


def test_a_tables_full_name_is_quoted() -> None:
    table = TableName("s3tablescatalog/my-lake", "metering", 'odd"name', tombstones='odd"voids')
    assert str(table) == '"s3tablescatalog/my-lake"."metering"."odd""name"'
    assert table.records is API_REQUESTS
    assert table.types["status"] == "int"


def test_a_table_has_a_known_role() -> None:
    with pytest.raises(
        QueryTextError, match=r"^role of a table must be one of api-requests, usage-events, got 'usage'$"
    ):
        _ = TableName("c", "d", "t", role="usage", tombstones="v").records


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("o'brien", "'o''brien'"),
        ("100% \\ \n?", "'100% \\ \n?'"),
        (True, "TRUE"),
        (False, "FALSE"),
        (Decimal(200), "200"),
        (Decimal(-5), "-5"),
        (Decimal("1e15"), "1000000000000000"),
        (Decimal("200.50"), "200.50"),
        (Decimal("1e-9"), "0.000000001"),
        (Decimal(2**63 - 1), "9223372036854775807"),
        (Decimal(2**63), "9223372036854775808.0"),
    ],
    ids=str,
)
def test_a_value_is_a_literal_of_its_own_type(value: str | bool | Decimal, written: str) -> None:
    assert sql.literal(value) == written


def test_a_number_that_no_decimal_of_trino_holds_is_refused() -> None:
    with pytest.raises(QueryTextError, match=r"^number must have at most 38 digits, got 1E\+39$"):
        sql.literal(Decimal("1e39"))


def test_days_and_moments_are_in_utc_to_the_microsecond() -> None:
    seoul = timezone(timedelta(hours=9))
    assert sql.day(date(2026, 2, 1)) == "DATE '2026-02-01'"
    assert sql.moment(datetime(2026, 2, 1, 8, tzinfo=seoul)) == "TIMESTAMP '2026-01-31 23:00:00.000000 UTC'"
    assert sql.moment(datetime(2026, 2, 1, 8, 0, 0, 7, tzinfo=UTC)) == "TIMESTAMP '2026-02-01 08:00:00.000007 UTC'"
    with pytest.raises(QueryTextError, match=r"^moment must have a time zone, got 2026-02-01T00:00:00$"):
        sql.moment(datetime(2026, 2, 1))  # noqa: DTZ001 - that is the fault


def test_sums_are_of_the_widest_decimal_with_the_columns_places() -> None:
    found = {kind: sql.exact_type(kind) for kind in ("int", "long", "decimal(10, 2)", "decimal(38,9)")}
    assert found == {
        "int": "decimal(38, 0)",
        "long": "decimal(38, 0)",
        "decimal(10, 2)": "decimal(38, 2)",
        "decimal(38,9)": "decimal(38, 9)",
    }
    for kind in ("double", "float", "string", ""):
        with pytest.raises(QueryTextError, match=f"got one of type {kind}$"):
            sql.exact_type(kind)
