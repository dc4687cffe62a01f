"""The access-log record, defined once: what the stage logs and what the table stores.

`FIELDS` is the definition; columns, log format and the keys a log line may have are derived from it.
"""

from dataclasses import dataclass

from metering.schema import Column

VERSION = "1"
"""What every log line carries as `v`. A new meaning gets a new one; the transform refuses what it does not know."""
VERSION_KEY = "v"
ABSENT = "-"
"""How API Gateway renders a `$context` variable that has no value."""


@dataclass(frozen=True)
class Field:
    """One value of the record: logged, stored, or both."""

    log_key: str | None
    """Key in the log line; None if the transform makes the value."""
    context: str | None
    """API Gateway variable behind the key; None if and only if `log_key` is."""
    column: Column | None
    """Where the value is stored; None if it only helps to make another column."""


def _both(name: str, context: str, iceberg_type: str = "string", *, required: bool = False) -> Field:
    return Field(name, f"$context.{context}", Column(name, iceberg_type, required))


# A test holds this order against the documented table. Nothing a caller can choose freely is logged: no user agent,
# raw path, query or self-chosen name. `request_id` is the exception that a caller may set, to any UUID.
FIELDS: tuple[Field, ...] = (
    _both("extended_request_id", "extendedRequestId", required=True),  # the key: no caller can set it
    _both("request_id", "requestId", required=True),
    Field("request_time_epoch", "$context.requestTimeEpoch", Column("request_time", "timestamptz", required=True)),
    Field(None, None, Column("ingested_at", "timestamptz", required=True)),
    _both("tenant_id", "authorizer.claims['custom:tenant_id']"),
    Field("sub", "$context.authorizer.claims.sub", None),  # the tenant of a user who has none
    _both("user", "authorizer.claims['cognito:username']"),
    _both("api_id", "apiId"),
    _both("stage", "stage"),
    _both("http_method", "httpMethod"),
    _both("resource_path", "resourcePath"),
    _both("protocol", "protocol"),
    _both("status", "status", "int", required=True),
    _both("response_length", "responseLength", "long"),
    _both("response_latency_ms", "responseLatency", "int"),
    _both("integration_latency_ms", "integrationLatency", "int"),
    _both("error_type", "error.responseType"),
    _both("ip", "identity.sourceIp"),
    Field(None, None, Column("billable", "boolean", required=True)),
)

COLUMNS: tuple[Column, ...] = tuple(field.column for field in FIELDS if field.column)
"""The table's columns, in order."""


def log_format(*, source_ip: bool = True) -> str:
    """Return the stage's access-log format: one JSON object of strings on one line, ending in a newline.

    Every variable is quoted, for an absent one renders as `-`, which unquoted is no JSON.
    Without `source_ip` the caller's address is never logged and the column `ip` stays null.
    """
    pairs = [f'"{VERSION_KEY}":"{VERSION}"']
    pairs += [
        f'"{field.log_key}":"{field.context}"'
        for field in FIELDS
        if field.log_key and (source_ip or field.log_key != "ip")
    ]
    return "{" + ",".join(pairs) + "}\n"
