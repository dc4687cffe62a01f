"""The SQL of voids; what it finds is held in tests/embedded."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.unit.usage.usage_kit import EVENTS, TABLE
from usage.evidence import key_hash
from usage.failure import QueryTextError
from usage.selection import MOST_DAYS, Selection
from usage.voids import preview_query, unvoid_query, void_query

# ruff: noqa: S608 - nothing here comes from outside
AT = datetime(2026, 3, 5, 12, tzinfo=UTC)
START, END = datetime(2026, 2, 3, 1, tzinfo=UTC), datetime(2026, 2, 4, tzinfo=UTC)
KEYS = Selection(keys=(("o'ne",), ("two",)), start=START, end=END)
TENANT = Selection(tenant_id="o'brien", start=START, end=END)
INTO = """INSERT INTO "s3tablescatalog/lake"."metering"."usage_tombstones" \
(record_table, key_hash, tenant_id, record_time, voided_at, action, action_id)
SELECT
  'api-requests',
  key_hash,
  tenant_id,
  record_time,
  TIMESTAMP '2026-03-05 12:00:00.000000 UTC',
  '{action}',
  'a''1'
FROM (
"""
VOIDED_LAST = "max(tombstones.voided_at) = max(CASE WHEN tombstones.action = 'void' THEN tombstones.voided_at END)"
HASHES = f"'{key_hash(('o' + chr(39) + 'ne',))}', '{key_hash(('two',))}'"
BETWEEN = "{0} >= TIMESTAMP '2026-02-03 01:00:00.000000 UTC'{1}AND {0} < TIMESTAMP '2026-02-04 00:00:00.000000 UTC'"
VOID_KEYS = f"""{INTO.format(action="void")}SELECT
  key_hash,
  tenant_id,
  min(record_time) AS record_time
FROM (
SELECT
  to_hex(sha256(to_utf8(concat(CAST(length("extended_request_id") AS varchar), ':', "extended_request_id")))) \
AS key_hash,
  "tenant_id" AS tenant_id,
  "request_time" AS record_time
FROM "s3tablescatalog/lake"."metering"."api_requests"
WHERE "extended_request_id" IN ('o''ne', 'two')
  AND "ingested_at" < TIMESTAMP '2026-03-05 12:00:00.000001 UTC'
  AND "tenant_id" IS NOT NULL
  AND {BETWEEN.format('"request_time"', chr(10) + "  ")}
) AS delivered
LEFT JOIN (
SELECT key_hash AS void_key, date(tombstones.record_time) AS void_day
FROM "s3tablescatalog/lake"."metering"."usage_tombstones" AS tombstones
WHERE record_table = 'api-requests' AND {BETWEEN.format("record_time", " ")}
  AND voided_at < TIMESTAMP '2026-03-05 12:00:00.000001 UTC'
GROUP BY key_hash, date(tombstones.record_time)
HAVING {VOIDED_LAST}
) AS voided
  ON void_key = key_hash AND void_day = date(record_time)
WHERE void_key IS NULL AND key_hash IN ({HASHES})
GROUP BY key_hash, tenant_id, date(record_time)
) AS found"""
UNVOID = f"""{INTO.format(action="unvoid")}SELECT
  key_hash,
  tenant_id,
  record_time
FROM "s3tablescatalog/lake"."metering"."usage_tombstones" AS tombstones
WHERE record_table = 'api-requests' AND {BETWEEN.format("record_time", " ")}
  AND voided_at < TIMESTAMP '2026-03-05 12:00:00.000001 UTC'
  AND tenant_id = 'o''brien'
GROUP BY key_hash, tenant_id, record_time
HAVING {VOIDED_LAST}
  AND max(tombstones.voided_at) = \
max(CASE WHEN tombstones.action_id = 'v''1' THEN tombstones.voided_at END)
) AS found"""


def test_records_are_made_void_by_their_keys() -> None:
    assert void_query(TABLE, KEYS, voided_at=AT, action_id="a'1", window_days=35) == VOID_KEYS


def test_what_a_tenants_bill_counts_is_made_void() -> None:
    query = void_query(TABLE, TENANT, voided_at=AT, action_id="a'1", window_days=35)
    assert query.startswith(INTO.format(action="void"))
    assert "JOIN (VALUES (1)) AS own (one) ON records.\"tenant_id\" = 'o''brien'\n" in query
    assert query.endswith("WHERE void_key IS NULL\n) AS records\n) AS found")
    assert BETWEEN.format('records."request_time"', " ") in query


def test_what_is_void_is_found_among_tombstones_alone() -> None:
    selection = replace(TENANT, action_id="v'1")
    assert unvoid_query(TABLE, selection, voided_at=AT, action_id="a'1") == UNVOID


def test_a_preview_counts_what_the_action_would_find() -> None:
    found = VOID_KEYS.split("FROM (\n", 1)[1]
    assert preview_query(TABLE, KEYS, as_of=AT, action="void", window_days=35) == (
        "SELECT\n  tenant_id,\n  date(record_time) AS day,\n  count(*) AS records\nFROM (\n"
        f"{found}\nGROUP BY tenant_id, date(record_time)\nORDER BY 1, 2"
    )


def test_of_a_key_of_several_columns_each_leaves_out_files_and_the_hash_tells_keys_apart() -> None:
    selection = Selection(keys=(("t", "/a", "1"), ("t", "/b", "2")))
    query = void_query(EVENTS, selection, voided_at=AT, action_id="a", window_days=35)
    assert (
        "WHERE \"tenant_id\" IN ('t')\n  AND \"source\" IN ('/a', '/b')\n  AND \"id\" IN ('1', '2')\n"
        '  AND "ingested_at" < TIMESTAMP \'2026-03-05 12:00:00.000001 UTC\'\n  AND "tenant_id" IS NOT NULL\n) AS'
    ) in query
    assert f"key_hash IN ('{key_hash(('t', '/a', '1'))}', '{key_hash(('t', '/b', '2'))}')" in query
    assert "WHERE record_table = 'usage-events'\n" in query


@pytest.mark.parametrize(
    ("selection", "action", "message"),
    [
        (Selection(), "void", "records must be selected by keys, by a tenant or by the action that made them void"),
        (replace(TENANT, keys=(("k",),)), "void", "records must be selected by keys or by a tenant, got both"),
        (
            Selection(action_id="v"),
            "void",
            "records to make void must be selected by keys or by a tenant, got an action",
        ),
        (Selection(tenant_id="t"), "void", "start and end must be given together, and with a tenant"),
        (Selection(tenant_id="t", start=START), "unvoid", "start and end must be given together, and with a tenant"),
        (Selection(keys=(("k",),), end=END), "void", "start and end must be given together, and with a tenant"),
        (
            Selection(tenant_id="t", start=END, end=START),
            "void",
            "start must be before end, got 2026-02-04T00:00:00+00:00 and 2026-02-03T01:00:00+00:00",
        ),
        (
            Selection(keys=(("a", "b"),)),
            "unvoid",
            "key of api-requests must have the values of extended_request_id, got 2 values",
        ),
        (TENANT, "delete", "action must be void or unvoid, got 'delete'"),
        (
            replace(TENANT, start=START.replace(tzinfo=None)),
            "void",
            "moment must have a time zone, got 2026-02-03T01:00:00",
        ),
    ],
)
def test_a_selection_that_is_none_is_refused(selection: Selection, action: str, message: str) -> None:
    with pytest.raises(QueryTextError) as caught:
        preview_query(TABLE, selection, as_of=AT, action=action, window_days=0)
    assert str(caught.value) == message


def test_more_keys_than_fit_into_a_query_are_refused() -> None:
    selection = Selection(keys=tuple((f"{number:040}",) for number in range(3000)))
    with pytest.raises(QueryTextError, match=r"^keys must fit into a query of 262144 bytes, got \d{6}: select fewer"):
        void_query(TABLE, selection, voided_at=AT, action_id="a", window_days=0)


def test_an_insert_has_no_more_days_than_athena_has_writers_and_parts_have() -> None:
    whole = replace(TENANT, end=START + timedelta(days=250))
    with pytest.raises(QueryTextError, match=r"^start and end must span at most 100 days at a time, got 251$"):
        void_query(TABLE, whole, voided_at=AT, action_id="a", window_days=0)
    with pytest.raises(QueryTextError, match=r"^start and end must span at most 100 days at a time, got 251$"):
        unvoid_query(TABLE, whole, voided_at=AT, action_id="a")
    parts = list(whole.in_parts())
    midnight = START.replace(hour=0)
    assert [(part.start, part.end) for part in parts] == [
        (START, midnight + timedelta(days=100)),
        (midnight + timedelta(days=100), midnight + timedelta(days=200)),
        (midnight + timedelta(days=200), whole.end),
    ]
    assert [part.days for part in parts] == [MOST_DAYS, MOST_DAYS, 51]
    assert {replace(part, start=None, end=None) for part in parts} == {Selection(tenant_id="o'brien")}
    for part in parts:
        void_query(TABLE, part, voided_at=AT, action_id="a", window_days=0)


def test_a_selection_without_times_is_one_part_until_its_days_are_known() -> None:
    selection = Selection(action_id="v")
    assert (list(selection.in_parts()), selection.days) == ([selection], None)
    assert selection.of_days([]) == selection
    known = selection.of_days([date(2026, 5, 1), date(2026, 1, 31)])
    assert known == replace(selection, start=datetime(2026, 1, 31, tzinfo=UTC), end=datetime(2026, 5, 2, tzinfo=UTC))
    assert (known.days, len(list(known.in_parts()))) == (91, 1)
    assert TENANT.of_days([date(2027, 1, 1)]) == TENANT
