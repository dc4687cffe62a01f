import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from billing.config import BillingSettings, Config, ConfigError

SETTINGS = {
    "seller": {"legal_name": "Seller Ltd", "address": ["1 Road"], "tax_id": None, "email": None},
    "payment_terms_days": 14,
    "grace_hours": 72,
    "late_usage_months": 3,
    "retention_days": 3650,
    "object_lock_mode": "COMPLIANCE",
    "invoice_prefix": "INV",
    "credit_note_prefix": "CN",
    "require_reconciliation": True,
}
ENVIRONMENT = {
    "SUBSCRIPTIONS_TABLE": "s",
    "INVOICES_TABLE": "i",
    "RECONCILIATION_TABLE": "r",
    "INVOICE_BUCKET": "b",
    "TASK_QUEUE_URL": "q",
    "DEAD_LETTER_QUEUE_URL": "d",
    "ATHENA_WORKGROUP": "w",
    "ATHENA_CATALOG": "c",
    "DATABASE_NAME": "n",
    "TABLE_NAMES": '{"api-requests": "requests", "tombstones": "voids"}',
    "BILLING_SETTINGS": json.dumps(SETTINGS),
}


def test_the_environment_is_read_whole() -> None:
    settings = BillingSettings(
        SETTINGS["seller"],  # type: ignore[arg-type]
        14,
        timedelta(hours=72),
        3,
        3650,
        "COMPLIANCE",
        "INV",
        "CN",
        require_reconciliation=True,
    )
    tables = {"api-requests": "requests", "tombstones": "voids"}
    expected = Config("s", "i", "r", "b", "q", "d", "w", "c", "n", tables, settings, None)
    assert Config.read({**ENVIRONMENT, "PATH": "/bin"}) == expected
    more = {"PLANNER_FUNCTION": "p", "ROLLUP_FUNCTION": "u", "USAGE_TABLE": "t"}
    assert Config.read({**ENVIRONMENT, **more}) == replace(
        expected, planner_function="p", rollup_function="u", usage_table="t"
    )


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_every_missing_variable_is_named(name: str) -> None:
    rest = {key: value for key, value in ENVIRONMENT.items() if key != name}
    with pytest.raises(ConfigError, match=f"environment variables must be set: {name}$"):
        Config.read(rest)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"grace_hours": 24}, "grace_hours must be more than 24, got 24"),
        ({"grace_hours": "72"}, "grace_hours must be a whole number from 0, got '72'"),
        ({"retention_days": True}, "retention_days must be a whole number from 0, got True"),
        ({"payment_terms_days": -1}, "payment_terms_days must be a whole number from 0, got -1"),
        ({"object_lock_mode": "NONE"}, "object_lock_mode must be one of GOVERNANCE, COMPLIANCE, got 'NONE'"),
        ({"require_reconciliation": 1}, "require_reconciliation must be true or false, got 1"),
        ({"sellers": []}, "must have just the known keys; missing or unknown: sellers"),
    ],
)
def test_settings_out_of_range_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        BillingSettings.parse(json.dumps({**SETTINGS, **change}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"BILLING_SETTINGS": "{"}, "BILLING_SETTINGS must be JSON"),
        ({"BILLING_SETTINGS": "[]"}, "BILLING_SETTINGS must be an object, got list"),
        ({"TABLE_NAMES": "x"}, "TABLE_NAMES must be JSON"),
        ({"TABLE_NAMES": '{"a": 1}'}, "TABLE_NAMES must be an object of names by role"),
        ({"TABLE_NAMES": '{"b": "c", "a": "d"}'}, "TABLE_NAMES must name the table of tombstones, has a, b$"),
    ],
)
def test_malformed_variables_are_refused(change: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Config.read({**ENVIRONMENT, **change})
