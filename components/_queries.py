"""Saved Athena queries over the tables of records.

Each names its tables in full (a saved query has no catalog of its own) and looks at the last 31 days only (the tables
are partitioned by day). What tells of usage counts a record once however often it was delivered, and not if it is void;
what tells of deliveries tells of all.
"""

from dataclasses import dataclass

from components.records import API_REQUESTS, TOMBSTONES, USAGE_EVENTS


@dataclass(frozen=True)
class Query:
    """One saved query."""

    role: str
    """Athena's name of it; part of the logical name, so fixed for life."""
    description: str
    sql: str
    """Trino SQL with `{table}`, and `{tombstones}`, where a table's full name belongs."""
    over: str = API_REQUESTS
    """Role of the table."""

    @property
    def places(self) -> dict[str, str]:
        """Place in the SQL -> role of the table whose name belongs there."""
        return {"table": self.over, **({"tombstones": TOMBSTONES} if "{tombstones}" in self.sql else {})}


# The hash of a key is that of `usage.evidence`; a test holds them together.
_ONCE = """\
WITH requests AS (
  SELECT deliveries.*
  FROM (
    SELECT *, row_number() OVER (PARTITION BY extended_request_id ORDER BY ingested_at) AS delivery
    FROM {table}
    WHERE request_time >= current_timestamp - INTERVAL '31' DAY
  ) AS deliveries
  LEFT JOIN (
    SELECT key_hash
    FROM {tombstones} AS tombstones
    WHERE record_table = 'api-requests' AND record_time >= current_timestamp - INTERVAL '31' DAY
    GROUP BY key_hash
    HAVING max(tombstones.voided_at) = max(CASE WHEN tombstones.action = 'void' THEN tombstones.voided_at END)
  ) AS voided ON voided.key_hash = to_hex(sha256(to_utf8(concat(
    CAST(length("extended_request_id") AS varchar), ':', "extended_request_id"
  ))))
  WHERE delivery = 1 AND voided.key_hash IS NULL
)
"""

QUERIES = (
    Query(
        role="usage-by-tenant-and-day",
        description="Requests, billable requests and response bytes of each tenant and UTC day",
        sql=_ONCE
        + """\
SELECT
  tenant_id,
  date(request_time) AS usage_day,
  count(*) AS requests,
  count_if(billable) AS billable_requests,
  count(DISTINCT "user") AS users,
  sum(response_length) AS response_bytes
FROM requests
GROUP BY tenant_id, date(request_time)
ORDER BY usage_day, tenant_id""",
    ),
    Query(
        role="unbillable-by-reason",
        description="Requests that nobody pays for, by what the gateway or the product answered",
        sql=_ONCE
        + """\
SELECT
  status,
  error_type,
  http_method,
  resource_path,
  tenant_id IS NULL AS without_tenant,
  count(*) AS requests
FROM requests
WHERE NOT billable
GROUP BY status, error_type, http_method, resource_path, tenant_id IS NULL
ORDER BY requests DESC, status""",
    ),
    Query(
        role="latency-by-route",
        description="Response times of each route in milliseconds",
        sql=_ONCE
        + """\
SELECT
  http_method,
  resource_path,
  count(*) AS requests,
  approx_percentile(response_latency_ms, 0.5) AS median_ms,
  approx_percentile(response_latency_ms, 0.99) AS p99_ms,
  max(response_latency_ms) AS max_ms
FROM requests
WHERE response_latency_ms IS NOT NULL
GROUP BY http_method, resource_path
ORDER BY p99_ms DESC""",
    ),
    Query(
        role="delivered-more-than-once",
        description="Requests whose record was delivered more than once; bills count each once",
        sql="""\
SELECT extended_request_id, min(request_time) AS requested_at, count(*) AS deliveries
FROM {table}
WHERE request_time >= current_timestamp - INTERVAL '31' DAY
GROUP BY extended_request_id
HAVING count(*) > 1
ORDER BY deliveries DESC, requested_at""",
    ),
    Query(
        role="events-by-tenant-type-and-day",
        description="Usage events of each tenant, type and UTC day",
        over=USAGE_EVENTS,
        sql="""\
WITH events AS (
  SELECT deliveries.*
  FROM (
    SELECT *, row_number() OVER (
      PARTITION BY tenant_id, "source", "id" ORDER BY ingested_at, "time", "type", "subject", "data"
    ) AS delivery
    FROM {table}
    WHERE "time" >= current_timestamp - INTERVAL '31' DAY
  ) AS deliveries
  LEFT JOIN (
    SELECT key_hash
    FROM {tombstones} AS tombstones
    WHERE record_table = 'usage-events'
    GROUP BY key_hash
    HAVING max(tombstones.voided_at) = max(CASE WHEN tombstones.action = 'void' THEN tombstones.voided_at END)
  ) AS voided ON voided.key_hash = to_hex(sha256(to_utf8(concat(
    CAST(length("tenant_id") AS varchar), ':', "tenant_id",
    CAST(length("source") AS varchar), ':', "source",
    CAST(length("id") AS varchar), ':', "id"
  ))))
  WHERE delivery = 1 AND voided.key_hash IS NULL
)
SELECT tenant_id, "type" AS event_type, date("time") AS usage_day, count(*) AS events
FROM events
GROUP BY tenant_id, "type", date("time")
ORDER BY usage_day, tenant_id, event_type""",
    ),
    Query(
        role="events-sent-again-with-other-data",
        description="Usage events sent again with something else in them; bills count each as it came first",
        over=USAGE_EVENTS,
        sql="""\
SELECT
  tenant_id,
  "source" AS event_source,
  "id" AS event_id,
  min(ingested_at) AS first_ingested_at,
  count(*) AS deliveries,
  count(DISTINCT "type") AS types,
  count(DISTINCT "time") AS times,
  count(DISTINCT coalesce("subject", '')) AS subjects,
  count(DISTINCT coalesce("data", '')) AS data
FROM {table}
WHERE "time" >= current_timestamp - INTERVAL '31' DAY
GROUP BY tenant_id, "source", "id"
HAVING
  count(DISTINCT "type") > 1
  OR count(DISTINCT "time") > 1
  OR count(DISTINCT coalesce("subject", '')) > 1
  OR count(DISTINCT coalesce("data", '')) > 1
ORDER BY deliveries DESC, first_ingested_at""",
    ),
)
