"""What the function's environment says."""

import json
from dataclasses import fields
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from reconciliation.balance import Tolerance
from reconciliation.config import Config, ConfigError, Metric, Settings, Source
from tests.unit.reconciliation.world import EVENTS, OF_STAGE, REQUESTS, ROWS_OF_STAGE, SETTINGS

ENVIRONMENT = {
    "RECONCILIATION_TABLE": "reconciliation",
    "ACTIONS_TABLE": "actions",
    "ATHENA_WORKGROUP": "workgroup",
    "ATHENA_CATALOG": "s3tablescatalog/b",
    "DATABASE_NAME": "metering",
    "TABLE_NAMES": json.dumps({REQUESTS: "api_requests", EVENTS: "usage_events", "tombstones": "usage_tombstones"}),
    "RECONCILIATION_SETTINGS": json.dumps(SETTINGS),
}


def changed(path: str, value: Any) -> str:
    """Give the settings with one value changed, by its path, such as `sources/api-requests/stream`."""
    settings = json.loads(json.dumps(SETTINGS))
    *parents, last = path.split("/")
    inner = settings
    for name in parents:
        inner = inner[name]
    inner[last] = value
    return json.dumps(settings)


def test_the_environment_is_read() -> None:
    config = Config.read({**ENVIRONMENT, "AWS_REGION": "x"})
    assert {field.name: getattr(config, field.name) for field in fields(config) if field.name != "settings"} == {
        "reconciliation_table": "reconciliation",
        "actions_table": "actions",
        "athena_workgroup": "workgroup",
        "athena_catalog": "s3tablescatalog/b",
        "database_name": "metering",
        "table_names": {REQUESTS: "api_requests", EVENTS: "usage_events", "tombstones": "usage_tombstones"},
    }
    assert config.settings == Settings(
        (
            Source(REQUESTS, "requests", "request-errors", Metric("AWS/ApiGateway", "Count", OF_STAGE), ROWS_OF_STAGE),
            Source(EVENTS, "events", "event-errors", Metric("SaasMetering/r", "EventsAccepted", {}), {}),
        ),
        Tolerance(Decimal(0), Decimal("0.01")),
        timedelta(hours=3),
        timedelta(hours=48),
        timedelta(hours=72),
        "SaasMetering/r",
    )


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_every_variable_must_be_set(name: str) -> None:
    with pytest.raises(ConfigError, match=f"environment variables must be set: {name}"):
        Config.read({key: value for key, value in ENVIRONMENT.items() if key != name})


def test_every_source_must_have_a_table() -> None:
    with pytest.raises(ConfigError, match="TABLE_NAMES must name the table of every source, not of: usage-events"):
        Config.read({**ENVIRONMENT, "TABLE_NAMES": json.dumps({REQUESTS: "api_requests", EVENTS: None})})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "RECONCILIATION_SETTINGS must be JSON: .*"),
        ("[]", "RECONCILIATION_SETTINGS must be an object, got list"),
        (changed("more", 1), "RECONCILIATION_SETTINGS must have just the known keys; missing or unknown: more"),
        (changed("sources", {}), r"sources must be an object by roles of tables \(api-requests, usage-events\)"),
        (changed("sources", {"x": {}}), r"sources must be an object by roles of tables \(api-requests, usage-events\)"),
        (changed("sources", []), r"sources must be an object by roles of tables \(api-requests, usage-events\)"),
        (changed("sources/api-requests", 1), "source api-requests must be an object, got int"),
        (
            changed("sources/api-requests", {"stream": "s", "counted_rows": {}}),
            "source api-requests must have just the known keys; missing or unknown: counted, error_bucket",
        ),
        (changed("sources/api-requests/stream", ""), "stream must be a text, got ''"),
        (changed("sources/api-requests/counted/metric", 1), "metric must be a text, got 1"),
        (
            changed("sources/api-requests/counted/dimensions", {"Stage": 1}),
            "source api-requests: dimensions must be an object of texts",
        ),
        *(
            (
                changed("sources/api-requests/counted_rows", wrong),
                r"source api-requests: counted_rows must be an object of texts by columns of text \(api_id, .*\)",
            )
            for wrong in (None, {"api": "a"}, {"api_id": 1}, {"status": "200"})
        ),
        (
            changed("sources/usage-events/counted_rows", {"tenant_id": "t"}),
            r"source usage-events: counted_rows must be an object of texts by columns of text \(none\)",
        ),
        (changed("late_hours", -1), "late_hours must be a whole number from 0, got -1"),
        (changed("recheck_hours", "48"), "recheck_hours must be a whole number from 0, got '48'"),
        (changed("grace_hours", True), "grace_hours must be a whole number from 0, got True"),
        (changed("metric_namespace", None), "metric_namespace must be a text, got None"),
        *(
            (
                changed("stream_tolerance_percent", wrong),
                f'stream_tolerance_percent must be a text of a number from 0 to 100, such as "0.01", got {wrong!r}',
            )
            for wrong in (0, 0.1, "x", "-1", "100.1", "NaN", "Infinity")
        ),
    ],
)
def test_what_is_no_setting_is_an_error(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{message}$"):
        Settings.parse(text)
