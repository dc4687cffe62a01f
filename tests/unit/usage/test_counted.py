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
  differs
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
AND "time" < TIMESTAMP '2026-03-01 00:00:00.000000 UTC'
"""


def test_deliveries_of_events_are_numbered_beyond_the_period_and_then_asked_for_their_time() -> None:
    text = COUNTED_EVENTS.sql(["data"], tenants="JOIN t ON t.tenant = records.tenant_id\n", carried=["pattern"])
    assert text == EVENTS_COUNTED


def test_a_window_of_no_days_is_the_period() -> None:
    bounds = "TIMESTAMP '2026-02-01 00:00:00.000000 UTC'", "TIMESTAMP '2026-03-01 00:00:00.000000 UTC'"
    text = Counted(EVENTS, PERIOD, COUNTED.cutoff, 0).sql()
    assert [text.count(bound) for bound in bounds] == [2, 2]
