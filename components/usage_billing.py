"""Invoices from the lake's rows: a daily run, its workers, and what they keep."""

import json
from typing import NotRequired, TypedDict

import pulumi

from components import _rules
from components._billing_functions import (
    WORKER_TIMEOUT_SECONDS,
    BillingParts,
    billing_planner,
    billing_rollup,
    billing_worker,
)
from components._billing_queues import billing_queues
from components._billing_schedule import ROLLUPS, RUNS, billing_calls
from components._billing_storage import billing_tables, invoice_bucket
from components._names import place_of
from components._schedule import schedules
from components.catalog import check_catalog
from components.queried_lake import QueriedLakeArgs
from components.seller import SellerArgs, check_seller
from components.shown_billing import ShownBillingArgs
from components.watched import WatchedBillingArgs

SETTINGS_BYTES = 2000
"""Room that Lambda's 4 KB for a function's environment leave for the settings."""


class UsageBillingArgs(TypedDict):
    """Inputs of `UsageBilling`."""

    lake: QueriedLakeArgs
    """The lake whose rows are billed."""
    catalog: str
    """Meters and plans as JSON text, in the form of `catalog.yaml`."""
    seller: NotRequired[SellerArgs]
    """Who sells; if absent, invoices stay drafts."""
    payment_terms_days: NotRequired[int]
    """Days from an invoice's issue to its due date, 0 to 365; 14 if absent."""
    grace_hours: NotRequired[int]
    """Hours from a period's end until its invoices become final, 25 to 672; 72 if absent."""
    late_usage_months: NotRequired[int]
    """Finalized periods that late usage is looked for in, 0 to 12; 3 if absent."""
    retention_days: NotRequired[int]
    """Days that finalized documents are locked against deletion, 31 to 36500; 3650 if absent."""
    invoice_prefix: NotRequired[str]
    """What invoices' numbers begin with: 1 to 10 capital letters and digits; `INV` if absent."""
    credit_note_prefix: NotRequired[str]
    """What credit notes' numbers begin with, not the invoices' prefix; `CN` if absent."""
    require_reconciliation: NotRequired[bool]
    """Whether a month that nobody reconciled stays a draft; true if absent. Without `Operations` it must be false."""
    schedule: NotRequired[str]
    """When runs start, as a cron expression in UTC; `cron(0 6 * * ? *)` if absent."""
    rollup_schedule: NotRequired[str]
    """When usage so far is summed up, as a cron expression in UTC; `cron(5 * * * ? *)` if absent."""
    log_retention_days: NotRequired[int]
    """Days that log events are kept, one of CloudWatch Logs' periods; 30 if absent."""
    protect: NotRequired[bool]
    """Whether what cannot be counted anew refuses deletion, and locks hold for everyone; true if absent."""


class UsageBilling(pulumi.ComponentResource):
    """Invoices for the tenants of a lake: drafts day by day, final ones after each month's grace; usage hour by hour.

    Creates: tables of subscriptions, invoices, reconciliation and usage, invoice bucket, task queue with dead-letter
    queue, planner, worker and rollup functions, schedules. Hands on: the names that alarms and operators need, and what
    customers are shown to `CustomerApi`.
    """

    invoice_bucket_name: pulumi.Output[str]
    """Name of the bucket of invoices."""
    invoice_bucket_arn: pulumi.Output[str]
    """ARN of that bucket."""
    subscriptions_table_name: pulumi.Output[str]
    """Name of the table of customers and their subscriptions."""
    invoices_table_name: pulumi.Output[str]
    """Name of the table of bills, invoices and runs."""
    invoices_table_arn: pulumi.Output[str]
    """ARN of that table."""
    reconciliation_table_name: pulumi.Output[str]
    """Name of the table of hours, each reconciled or not."""
    usage_table_name: pulumi.Output[str]
    """Name of the table of each tenant's usage so far."""
    usage_table_arn: pulumi.Output[str]
    """ARN of that table."""
    planner_function_name: pulumi.Output[str]
    """Name of the function that plans runs."""
    worker_function_name: pulumi.Output[str]
    """Name of the function that works runs off."""
    rollup_function_name: pulumi.Output[str]
    """Name of the function that sums up usage so far."""
    queue_name: pulumi.Output[str]
    """Name of the queue between them."""
    dead_letter_queue_name: pulumi.Output[str]
    """Name of the queue of what nobody could handle."""
    dead_letter_queue_url: pulumi.Output[str]
    """URL of that queue."""
    schedule_group_name: pulumi.Output[str]
    """Name of the schedules' group."""
    schedule_name: pulumi.Output[str]
    """Name of the schedule that starts runs."""
    rollup_schedule_name: pulumi.Output[str]
    """Name of the schedule that starts rollups."""
    settings: pulumi.Output[str]
    """What the functions go by, as JSON text: operators' commands go by the same."""

    def __init__(self, name: str, args: UsageBillingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        _check(name, args)
        super().__init__("saas-metering:index:UsageBilling", name, {}, opts)
        if "seller" not in args:
            pulumi.warn(f"{name}: there is no seller, so that no invoice will be finalized", self)
        protect = args.get("protect", True)
        child = pulumi.ResourceOptions(parent=self)
        place = place_of(self)
        tables = billing_tables(name, protect=protect, opts=child)
        bucket = invoice_bucket(f"{name}-documents", protect=protect, opts=child)
        queues = billing_queues(name, worker_timeout_seconds=WORKER_TIMEOUT_SECONDS, opts=child)
        parts = BillingParts(
            tables=tables,
            bucket=bucket,
            queues=queues,
            lake=args["lake"],
            catalog=args["catalog"],
            settings=_settings(args),
            log_retention_days=args.get("log_retention_days", 30),
            place=place,
        )
        rollup = billing_rollup(name, parts, child)
        planner = billing_planner(name, parts, rollup, child)
        worker = billing_worker(name, parts, planner, child)
        calls = billing_calls(
            planner=planner,
            schedule=args.get("schedule", _rules.DAILY),
            rollup=rollup,
            rollup_schedule=args.get("rollup_schedule", _rules.HOURLY),
        )
        made = schedules(name, calls, dead_letters_arn=queues.dead_letters.arn, place=place, opts=child)
        self.invoice_bucket_name, self.invoice_bucket_arn = bucket.bucket, bucket.arn
        self.subscriptions_table_name = tables.subscriptions.name
        self.invoices_table_name, self.invoices_table_arn = tables.invoices.name, tables.invoices.arn
        self.reconciliation_table_name = tables.reconciliation.name
        self.usage_table_name, self.usage_table_arn = tables.usage.name, tables.usage.arn
        self.planner_function_name = planner.name
        self.worker_function_name = worker.name
        self.rollup_function_name = rollup.name
        self.queue_name = queues.tasks.name
        self.dead_letter_queue_name, self.dead_letter_queue_url = queues.dead_letters.name, queues.dead_letters.url
        self.schedule_group_name = made.group.name
        self.schedule_name, self.rollup_schedule_name = made.by_role[RUNS].name, made.by_role[ROLLUPS].name
        self.settings = pulumi.Output.from_input(parts.settings)
        self._watched: WatchedBillingArgs = {
            "planner_function_name": planner.name,
            "planner_log_group_name": planner.log_group_name,
            "worker_function_name": worker.name,
            "rollup_function_name": rollup.name,
            "dead_letter_queue_name": queues.dead_letters.name,
            "dead_letter_queue_arn": queues.dead_letters.arn,
            "reconciliation_table_name": tables.reconciliation.name,
            "reconciliation_table_arn": tables.reconciliation.arn,
            "invoices_table_arn": tables.invoices.arn,
            "grace_hours": int(args.get("grace_hours", 72)),
        }
        self.register_outputs({key: getattr(self, key) for key in UsageBilling.__annotations__})

    def to_show(self) -> ShownBillingArgs:
        """Return what a component that shows customers their usage and bills takes."""
        return {
            "invoices_table_name": self.invoices_table_name,
            "invoices_table_arn": self.invoices_table_arn,
            "invoice_bucket_name": self.invoice_bucket_name,
            "invoice_bucket_arn": self.invoice_bucket_arn,
            "usage_table_name": self.usage_table_name,
            "usage_table_arn": self.usage_table_arn,
        }

    def to_watch(self) -> WatchedBillingArgs:
        """Return what a component that watches billing takes."""
        return self._watched


def _check(name: str, args: UsageBillingArgs) -> None:
    amounts = {
        "payment_terms_days": (args.get("payment_terms_days", 14), _rules.PAYMENT_TERMS_DAYS),
        "grace_hours": (args.get("grace_hours", 72), _rules.GRACE_HOURS),
        "late_usage_months": (args.get("late_usage_months", 3), _rules.LATE_USAGE_MONTHS),
        "retention_days": (args.get("retention_days", 3650), _rules.INVOICE_RETENTION_DAYS),
    }
    _rules.check_amounts(name, amounts)
    _rules.check_retention(f"{name}: log_retention_days", int(args.get("log_retention_days", 30)))
    _rules.check(f"{name}: schedule", _rules.CRON, args.get("schedule", _rules.DAILY))
    _rules.check(f"{name}: rollup_schedule", _rules.CRON, args.get("rollup_schedule", _rules.HOURLY))
    invoice_prefix, credit_note_prefix = _prefixes(args)
    _rules.check(f"{name}: invoice_prefix", _rules.NUMBER_PREFIX, invoice_prefix)
    _rules.check(f"{name}: credit_note_prefix", _rules.NUMBER_PREFIX, credit_note_prefix)
    if invoice_prefix == credit_note_prefix:
        raise ValueError(f"{name}: invoice_prefix: must not be that of credit notes, got {invoice_prefix!r}")
    if "seller" in args:
        check_seller(f"{name}: seller", args["seller"])
    check_catalog(f"{name}: catalog", args["catalog"])
    size = len(_settings(args).encode())
    if size > SETTINGS_BYTES:
        raise ValueError(f"{name}: settings: must be at most {SETTINGS_BYTES} bytes as JSON, got {size} bytes")


def _prefixes(args: UsageBillingArgs) -> tuple[str, str]:
    return args.get("invoice_prefix", "INV"), args.get("credit_note_prefix", "CN")


def _settings(args: UsageBillingArgs) -> str:
    """Return what the functions read as `BILLING_SETTINGS`; other languages hand numbers on as floats."""
    seller = args.get("seller")
    invoice_prefix, credit_note_prefix = _prefixes(args)
    settings = {
        "seller": {"tax_id": None, "email": None, **seller} if seller else None,
        "payment_terms_days": int(args.get("payment_terms_days", 14)),
        "grace_hours": int(args.get("grace_hours", 72)),
        "late_usage_months": int(args.get("late_usage_months", 3)),
        "retention_days": int(args.get("retention_days", 3650)),
        "object_lock_mode": "COMPLIANCE" if args.get("protect", True) else "GOVERNANCE",
        "invoice_prefix": invoice_prefix,
        "credit_note_prefix": credit_note_prefix,
        "require_reconciliation": args.get("require_reconciliation", True),
    }
    return json.dumps(settings, sort_keys=True)
