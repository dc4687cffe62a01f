"""Arguments of billing: which ones reach the functions, and which ones stop before anything is made."""

import json
from typing import Any

import pytest

from components import UsageBilling
from components._billing_storage import RUN_DAYS
from components._rules import INVOICE_RETENTION_DAYS
from tests.unit.components import harness
from tests.unit.components.arguments_kit import BILLING
from tests.unit.components.billing_kit import SELLER, billing, environment
from tests.unit.components.harness import deploy


def test_settings_reach_the_functions_and_are_handed_on() -> None:
    changed = billing(
        seller={**SELLER, "tax_id": "IE1", "email": "a@example.com"},
        payment_terms_days=30.0,  # as other languages hand numbers on
        grace_hours=48,
        late_usage_months=1,
        retention_days=400,
        invoice_prefix="R",
        credit_note_prefix="G",
        require_reconciliation=False,
        protect=False,
    )
    settings = environment(changed, "worker")["BILLING_SETTINGS"]
    assert changed.outputs["b"]["settings"] == settings
    assert json.loads(settings) == {
        "seller": {
            "legal_name": "Example Ltd",
            "address": ["1 Example Street"],
            "tax_id": "IE1",
            "email": "a@example.com",
        },
        "payment_terms_days": 30,
        "grace_hours": 48,
        "late_usage_months": 1,
        "retention_days": 400,
        "object_lock_mode": "GOVERNANCE",
        "invoice_prefix": "R",
        "credit_note_prefix": "G",
        "require_reconciliation": False,
    }
    assert json.loads(settings)["payment_terms_days"].__class__ is int


def test_a_month_must_be_reconciled_unless_it_is_said_otherwise() -> None:
    assert json.loads(environment(billing(), "worker")["BILLING_SETTINGS"])["require_reconciliation"] is True


def test_locks_hold_for_everyone_where_protection_is_on() -> None:
    assert json.loads(environment(billing(), "worker")["BILLING_SETTINGS"])["object_lock_mode"] == "COMPLIANCE"


def test_without_a_seller_a_warning_says_what_does_not_happen(caplog: pytest.LogCaptureFixture) -> None:
    without = billing()
    assert json.loads(environment(without, "worker")["BILLING_SETTINGS"])["seller"] is None
    assert _warned(caplog) == ["b: there is no seller, so that no invoice will be finalized"]
    caplog.clear()
    billing(seller=SELLER)
    assert _warned(caplog) == []


def _warned(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What Pulumi tells; the harness tells of programs that failed in other tests whenever garbage is collected."""
    return [record.getMessage() for record in caplog.records if record.name != harness.__name__]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"payment_terms_days": 366}, "b: payment_terms_days: must be a whole number from 0 to 365, got 366"),
        ({"grace_hours": 24}, "b: grace_hours: must be a whole number from 25 to 672, got 24"),
        ({"late_usage_months": 0.5}, "b: late_usage_months: must be a whole number from 0 to 12, got 0.5"),
        ({"retention_days": 30}, "b: retention_days: must be a whole number from 31 to 36500, got 30"),
        ({"log_retention_days": 31}, "b: log_retention_days: must be one of 1, 3, .*, got 31"),
        ({"schedule": "rate(1 day)"}, r"b: schedule: must be a cron expression .*, got 'rate\(1 day\)'"),
        ({"rollup_schedule": "cron(5)"}, r"b: rollup_schedule: must be a cron expression .*, got 'cron\(5\)'"),
        ({"invoice_prefix": "inv"}, "b: invoice_prefix: must be 1 to 10 capital letters and digits, got 'inv'"),
        ({"credit_note_prefix": ""}, "b: credit_note_prefix: must be 1 to 10 capital letters and digits, got ''"),
        ({"invoice_prefix": "CN"}, "b: invoice_prefix: must not be that of credit notes, got 'CN'"),
        ({"seller": {**SELLER, "legal_name": ""}}, "b: seller: legal_name: must be one line of 1 to 200 .*, got ''"),
        ({"seller": {**SELLER, "address": []}}, r"b: seller: address: must have a line or more, got \[\]"),
        ({"seller": {**SELLER, "address": ["a\nb"]}}, r"b: seller: address: must be one line .*, got 'a\\nb'"),
        ({"seller": {**SELLER, "tax_id": " "}}, "b: seller: tax_id: must be one line .*, got ' '"),
        ({"seller": {**SELLER, "email": "a"}}, "b: seller: email: must be an e-mail address .*, got 'a'"),
        (
            {"seller": {**SELLER, "address": ["x" * 200] * 10}},
            "b: settings: must be at most 2000 bytes as JSON, got 2[0-9]{3} bytes",
        ),
        ({"catalog": "{"}, "b: catalog: must be JSON: Expecting property name .*"),
        (
            {"catalog": '{"meters": {}}'},
            "b: catalog: meters: must be an object with at least one name, got .*; plans: must be .*",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_wrong_argument_stops_before_anything_is_made(changes: dict[str, Any], message: str) -> None:
    def program() -> None:
        with pytest.raises(ValueError, match=message):
            UsageBilling("b", {**BILLING, **changes})  # type: ignore[typeddict-item]

    assert deploy(program).records == []


def test_a_lock_outlasts_the_files_of_a_run_that_may_still_write_under_it() -> None:
    shortest, _ = INVOICE_RETENTION_DAYS
    assert shortest > RUN_DAYS
