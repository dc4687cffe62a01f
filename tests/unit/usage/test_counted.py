from tests.unit.usage.usage_kit import COUNTED, COUNTED_EVENTS, EVENTS, PERIOD
from usage.counted import Counted

# ruff: noqa: S608 - nothing here comes from outside
EVENT_WINDOW = """PARTITION BY records."tenant_id", records."source", records."id" ORDER BY records."ingested_at", \
records."time", records."type", records."subject", records."data\""""
EVENT_CONTENT = "sha256(to_utf8(concat({})))".format(
    ", ".join(
        f"coalesce(concat(CAST(length({text}) AS varchar), ':', {text}), '-')"
        for text in (
            'records."type"',
            'CAST(records."time" AS varchar)',
            'records."subject"',
            'records."data"',
        )
    )
)
EVENT_FRAME = "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"
EVENT_HASH = "to_hex(sha256(to_utf8(concat({}))))".format(
    ", ".join(
        part
        for name in ("tenant_id", "source", "id")
        for part in (f'CAST(length("{name}") AS varchar)', "':'", f'"{name}"')
    )
)
EVENTS_COUNTED = f"""SELECT
  "tenant_id",
  "source",
  "id",
  "time",
  "ingested_at",
  "type",
  "subject",
  "data",
  pattern,
  differs,
  key_hash
FROM (
SELECT
  "tenant_id",
  "source",
  "id",
  "time",
  "ingested_at",
  "type",
  "subject",
  "data",
  pattern,
  differs,
  {EVENT_HASH} AS key_hash
FROM (
SELECT
  records."tenant_id",
  records."source",
  records."id",
  records."time",
  records."ingested_at",
  records."type",
  records."subject",
  records."data",
  pattern,
  row_number() OVER ({EVENT_WINDOW}) AS delivery,
  min({EVENT_CONTENT}) OVER ({EVENT_WINDOW} {EVENT_FRAME}) <> max({EVENT_CONTENT}) OVER ({EVENT_WINDOW} {EVENT_FRAME}) \
AS differs
FROM "s3tablescatalog/lake"."metering"."usage_events" AS records
JOIN t ON t.tenant = records.tenant_id
WHERE records."time" >= TIMESTAMP '2025-12-28 00:00:00.000000 UTC' \
AND records."time" < TIMESTAMP '2026-04-05 00:00:00.000000 UTC'
  AND records."ingested_at" < TIMESTAMP '2026-03-03 06:00:00.000000 UTC' AND records."tenant_id" IS NOT NULL
) AS deliveries
WHERE delivery = 1 AND "time" >= TIMESTAMP '2026-02-01 00:00:00.000000 UTC' \
AND "time" < TIMESTAMP '2026-03-01 00:00:00.000000 UTC') AS records
LEFT JOIN (
SELECT key_hash AS void_key
FROM "s3tablescatalog/lake"."metering"."usage_tombstones" AS tombstones
WHERE record_table = 'usage-events' AND record_time >= TIMESTAMP '2025-12-28 00:00:00.000000 UTC' \
AND record_time < TIMESTAMP '2026-04-05 00:00:00.000000 UTC'
  AND voided_at < TIMESTAMP '2026-03-03 06:00:00.000000 UTC'
GROUP BY key_hash
HAVING max(tombstones.voided_at) = max(CASE WHEN tombstones.action = 'void' THEN tombstones.voided_at END)
) AS voided
  ON void_key = key_hash
WHERE void_key IS NULL
"""


def test_deliveries_of_events_are_numbered_beyond_the_period_and_then_asked_for_their_time() -> None:
    text = COUNTED_EVENTS.sql(["data"], tenants="JOIN t ON t.tenant = records.tenant_id\n", carried=["pattern"])
    assert text == EVENTS_COUNTED


def test_a_window_of_no_days_is_the_period() -> None:
    bounds = "TIMESTAMP '2026-02-01 00:00:00.000000 UTC'", "TIMESTAMP '2026-03-01 00:00:00.000000 UTC'"
    text = Counted(EVENTS, PERIOD, COUNTED.cutoff, 0).sql()
    assert [text.count(bound) for bound in bounds] == [3, 3]  # of deliveries, of the earliest, of tombstones


def test_records_that_do_not_count_can_be_told_with_the_others() -> None:
    plain, told = COUNTED.sql(), COUNTED.between.sql(with_void=True)
    assert told == (
        plain.replace(
            "  differs,\n  key_hash\n", "  differs,\n  deliveries,\n  key_hash,\n  void_key IS NOT NULL AS is_void\n"
        )
        .replace("  differs,\n  to_hex", "  differs,\n  deliveries,\n  to_hex")
        .replace(
            "AS differs\n", 'AS differs,\n  count(*) OVER (PARTITION BY records."extended_request_id") AS deliveries\n'
        )
        .replace("WHERE void_key IS NULL\n", "")
    )
    assert plain.count("WHERE void_key IS NULL") == 1
