"""What the environment of the billing functions says, read once per call."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from metering import tombstone

FINAL_LAG = timedelta(hours=24)
"""How long before its run's time a final bill's rows must have arrived: Firehose holds a record at most this long."""

_LOCK_MODES = ("GOVERNANCE", "COMPLIANCE")


class ConfigError(ValueError):
    """The environment lacks a variable, or one is not of its form; names every such variable."""


@dataclass(frozen=True)
class BillingSettings:
    """How invoices are made: the operator's settings, `BILLING_SETTINGS`."""

    seller: Mapping[str, Any] | None
    """Who issues the invoices (legal name, address, tax id, e-mail); None: drafts only."""
    payment_terms_days: int
    grace: timedelta
    """How long after a period's end its first final run may be; more than 24 hours."""
    late_usage_months: int
    """How many months before a bill's are looked through for late usage."""
    retention_days: int
    """How long a final document is kept under object lock, from its issue date on."""
    object_lock_mode: str
    """`GOVERNANCE` or `COMPLIANCE`."""
    invoice_prefix: str
    credit_note_prefix: str
    require_reconciliation: bool
    """Whether a period must be reconciled to be finalized; if not, its invoices say that nobody did."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the settings that a JSON object stands for.

        Raises:
            ConfigError: it is none, or a setting is missing, unknown or out of range.
        """
        try:
            value = json.loads(text)
        except ValueError as error:
            raise ConfigError(f"BILLING_SETTINGS must be JSON: {error}") from error
        if not isinstance(value, dict):
            raise ConfigError(f"BILLING_SETTINGS must be an object, got {type(value).__name__}")
        keys = {
            "seller",
            "payment_terms_days",
            "grace_hours",
            "late_usage_months",
            "retention_days",
            "object_lock_mode",
            "invoice_prefix",
            "credit_note_prefix",
            "require_reconciliation",
        }
        if set(value) != keys:
            wrong = ", ".join(sorted(set(value) ^ keys))
            raise ConfigError(f"BILLING_SETTINGS must have just the known keys; missing or unknown: {wrong}")
        if value["object_lock_mode"] not in _LOCK_MODES:
            raise ConfigError(
                f"object_lock_mode must be one of {', '.join(_LOCK_MODES)}, got {value['object_lock_mode']!r}"
            )
        grace = timedelta(hours=_whole(value, "grace_hours"))
        if grace <= FINAL_LAG:
            raise ConfigError(f"grace_hours must be more than 24, got {value['grace_hours']}")
        return cls(
            value["seller"],
            _whole(value, "payment_terms_days"),
            grace,
            _whole(value, "late_usage_months"),
            _whole(value, "retention_days"),
            value["object_lock_mode"],
            value["invoice_prefix"],
            value["credit_note_prefix"],
            _truth(value, "require_reconciliation"),
        )


@dataclass(frozen=True)
class Config:
    """Names of what the functions work with, and the settings."""

    subscriptions_table: str
    invoices_table: str
    reconciliation_table: str
    invoice_bucket: str
    task_queue_url: str
    dead_letter_queue_url: str
    athena_workgroup: str
    athena_catalog: str
    database_name: str
    table_names: Mapping[str, str]
    """Role of a table of records, or of tombstones -> its name in the database."""
    settings: BillingSettings
    planner_function: str | None
    """Name or ARN of the planner, which the worker calls; None in the planner itself."""
    rollup_function: str | None = None
    """Name or ARN of the rollup of usage, which the planner calls; None elsewhere."""
    usage_table: str | None = None
    """Name of the table of usage so far; None where it is neither written nor read."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Return what the environment says.

        Raises:
            ConfigError: a variable is missing, or not of its form.
        """
        missing = sorted({*_NAMES, "TABLE_NAMES", "BILLING_SETTINGS"} - set(environment))
        if missing:
            raise ConfigError(f"environment variables must be set: {', '.join(missing)}")
        try:
            tables = json.loads(environment["TABLE_NAMES"])
        except ValueError as error:
            raise ConfigError(f"TABLE_NAMES must be JSON: {error}") from error
        if not isinstance(tables, dict) or not all(isinstance(name, str) for name in tables.values()):
            raise ConfigError("TABLE_NAMES must be an object of names by role")
        if tombstone.ROLE not in tables:  # without it, what was voided would be billed
            raise ConfigError(f"TABLE_NAMES must name the table of {tombstone.ROLE}, has {', '.join(sorted(tables))}")
        return cls(
            **{name.lower(): environment[name] for name in _NAMES},
            table_names=tables,
            settings=BillingSettings.parse(environment["BILLING_SETTINGS"]),
            planner_function=environment.get("PLANNER_FUNCTION"),
            rollup_function=environment.get("ROLLUP_FUNCTION"),
            usage_table=environment.get("USAGE_TABLE"),
        )


_NAMES = (
    "SUBSCRIPTIONS_TABLE",
    "INVOICES_TABLE",
    "RECONCILIATION_TABLE",
    "INVOICE_BUCKET",
    "TASK_QUEUE_URL",
    "DEAD_LETTER_QUEUE_URL",
    "ATHENA_WORKGROUP",
    "ATHENA_CATALOG",
    "DATABASE_NAME",
)
"""The variables of plain text; the fields have the same names."""


def _truth(value: Mapping[str, Any], key: str) -> bool:
    truth = value[key]
    if not isinstance(truth, bool):
        raise ConfigError(f"{key} must be true or false, got {truth!r}")
    return truth


def _whole(value: Mapping[str, Any], key: str) -> int:
    number = value[key]
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise ConfigError(f"{key} must be a whole number from 0, got {number!r}")
    return number
