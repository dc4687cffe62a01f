"""Where billing keeps what it knows: four DynamoDB tables and a bucket for documents."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components._bucket import LifecycleRule, private_bucket
from components._items_table import items_table

DRAFTS = "draft/"
"""Documents of open periods, written anew by every run."""
FINALS = "final/"
"""Finalized documents, each under a lock of its own: no rule ever removes one."""
RUNS = "run/"
"""What planner and workers hand each other."""
PERIODS = "PERIODS"
"""Partition of the invoices table that tells which periods are finalized."""
TENANTS = "TENANT#*"
"""Partitions of the invoices table, each of one tenant's bills."""
CATALOGS = "catalog/"
"""Every catalog that a bill was made by: no rule ever removes one."""

EXPIRES = "expires"
"""Attribute of the items that DynamoDB removes in time: of a final run, and of error objects, once nobody can ask for
them any more, and of the usage of months long past."""
OLD_DRAFT_DAYS = 30
RUN_DAYS = 30
"""More than the 14 days for which a message that nobody could handle names its run."""


@dataclass(frozen=True)
class BillingTables:
    """The tables of a billing."""

    subscriptions: aws.dynamodb.Table
    invoices: aws.dynamodb.Table
    reconciliation: aws.dynamodb.Table
    usage: aws.dynamodb.Table


def billing_tables(name: str, *, protect: bool, opts: pulumi.ResourceOptions) -> BillingTables:
    """Make the tables, each with a hash key and a range key, both texts."""
    return BillingTables(
        subscriptions=items_table(f"{name}-subscriptions", ("shard", "tenant_id"), protect=protect, opts=opts),
        invoices=items_table(f"{name}-invoices", ("pk", "sk"), ttl=EXPIRES, protect=protect, opts=opts),
        reconciliation=items_table(
            f"{name}-reconciliation", ("source", "hour"), ttl=EXPIRES, protect=protect, opts=opts
        ),
        # Never protected: whatever it says is counted anew from the rows, within the hour for the current month.
        usage=items_table(f"{name}-usage", ("tenant_id", "period"), ttl=EXPIRES, protect=False, opts=opts),
    )


def invoice_bucket(name: str, *, protect: bool, opts: pulumi.ResourceOptions) -> aws.s3.Bucket:
    """Make the bucket, in which objects can be locked; it has no default lock, since drafts are written again."""
    return private_bucket(
        name,
        rules=[_old_drafts(), _old_runs()],
        force_destroy=not protect,
        opts=opts,
        object_lock=True,
        protect=protect,
    )


def _old_drafts() -> LifecycleRule:
    return {
        "id": "old-drafts",
        "status": "Enabled",
        "filter": {"prefix": DRAFTS},
        "noncurrent_version_expiration": {"noncurrent_days": OLD_DRAFT_DAYS},
    }


def _old_runs() -> LifecycleRule:
    return {
        "id": "old-runs",
        "status": "Enabled",
        "filter": {"prefix": RUNS},
        # In a bucket that keeps versions the first hides an object, and the second removes it.
        "expiration": {"days": RUN_DAYS},
        "noncurrent_version_expiration": {"noncurrent_days": 1},
    }
