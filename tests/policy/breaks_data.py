"""Stacks that may lose rows, bills, users or what failed."""

from typing import Any

from tests.policy.breaking import Break, add, both, change, depend, drop
from tests.policy.wire import made_up

GUARDED = "guarded-stack-keeps-its-data"
IN_PLACE = "schema-change-keeps-the-table"
LOCKED = "invoices-locked"
APPEND = "stream-append-only"
FAILURES = "stream-keeps-failures"
OUTLAST = "failures-outlast-replay"
PROTECTED = (
    "api-users",
    "billing-documents",
    "billing-invoices",
    "billing-reconciliation",
    "billing-subscriptions",
    "lake-bucket",
    "lake-table-api-requests",
    "operations-actions",
)
OTHER_STREAM = "arn:aws:s3:::somewhere-else"


def lifecycle(**rule: Any) -> list[dict[str, Any]]:
    return [{"id": "x", "status": "Enabled", **rule}]


BREAKS = (
    *(
        Break(
            GUARDED,
            f"{name} is not protected",
            change(name, opts__protect=False),
            name,
            "the option `protect` must be true in the guarded stack 'prod', got False",
        )
        for name in PROTECTED
    ),
    *(
        Break(
            GUARDED,
            f"{name} goes with what is in it",
            change(name, forceDestroy=True),
            name,
            "`forceDestroy` must be false in the guarded stack 'prod', got True",
        )
        for name in ("lake-bucket", "lake-results", "lake-workgroup")
    ),
    Break(
        GUARDED,
        "a table that AWS lets go",
        change("billing-invoices", deletionProtectionEnabled=False),
        "billing-invoices",
        "`deletionProtectionEnabled` must be true in the guarded stack 'prod', got False",
    ),
    Break(
        GUARDED,
        "users whom AWS lets go",
        change("api-users", deletionProtection="INACTIVE"),
        "api-users",
        "`deletionProtection` must be 'ACTIVE' in the guarded stack 'prod', got 'INACTIVE'",
    ),
    Break(
        GUARDED,
        "locks that can be lifted",
        change("billing-worker-function", environment__variables__BILLING_SETTINGS='{"object_lock_mode":"GOVERNANCE"}'),
        "billing-worker-function",
        "`object_lock_mode` must be 'COMPLIANCE' in the guarded stack 'prod', got 'GOVERNANCE'",
    ),
    Break(
        GUARDED,
        "settings that nobody can read",
        change("billing-worker-function", environment__variables__BILLING_SETTINGS="["),
        "billing-worker-function",
        "`object_lock_mode` must be 'COMPLIANCE' in the guarded stack 'prod', got None",
    ),
    Break(
        GUARDED,
        "a table of the other provider",
        add({**made_up("aws:s3tables/table:Table"), "ignoreChanges": ["metadata"]}),
        "made-up",
        "the option `protect` must be true in the guarded stack 'prod', got False",
    ),
    Break(
        "items-recoverable",
        "a table without a way back",
        change("billing-usage", pointInTimeRecovery__enabled=False),
        "billing-usage",
        "`pointInTimeRecovery.enabled` must be true, got False",
    ),
    Break(
        IN_PLACE,
        "a change of columns replaces the table",
        change("lake-table-usage-events", opts__ignoreChanges=[]),
        "lake-table-usage-events",
        "the option `ignore_changes` must have 'icebergMetadata': a change of it replaces the table, rows and all",
    ),
    Break(
        IN_PLACE,
        "a table of the other provider",
        add({**made_up("aws:s3tables/table:Table"), "protect": True}),
        "made-up",
        "the option `ignore_changes` must have 'metadata': a change of it replaces the table, rows and all",
    ),
    Break(
        LOCKED,
        "a bucket that locks nothing",
        change("billing-documents", objectLockEnabled=None),
        "billing",
        "a bucket of it must have `objectLockEnabled`, for the final invoices, got none",
    ),
    Break(
        LOCKED,
        "no versions",
        drop("billing-documents-versioning"),
        "billing",
        "billing-documents must have a `BucketVersioning` that is enabled, or nothing in it can be locked",
    ),
    *(
        Break(
            LOCKED,
            f"a rule for {prefix!r} removes {'and'.join(touched)}",
            change("billing-documents-lifecycle", rules=lifecycle(filter={"prefix": prefix}, **{key: {"days": 9}})),
            "billing",
            f"no rule of billing-documents-lifecycle may remove objects of {touched}, got one for {prefix!r}",
        )
        for key, prefix, touched in (
            ("expiration", "", ["catalog/", "final/"]),
            ("expiration", "final/2026", ["final/"]),
            ("noncurrentVersionExpiration", "catalog", ["catalog/"]),
        )
    ),
    Break(
        APPEND,
        "a stream that updates",
        change("ingest-stream", icebergConfiguration__appendOnly=False),
        "ingest-stream",
        "`icebergConfiguration.appendOnly` must be true, got False",
    ),
    Break(
        APPEND,
        "rows with keys to update by",
        change(
            "events-ingest-stream",
            icebergConfiguration__destinationTableConfigurations__0__uniqueKeys=["tenant_id", "id"],
        ),
        "events-ingest-stream",
        "`uniqueKeys` must not be set: Firehose would update rows by them, got ['tenant_id', 'id']",
    ),
    Break(
        FAILURES,
        "all records in the error bucket",
        change("ingest-stream", icebergConfiguration__s3BackupMode="AllData"),
        "ingest-stream",
        "`icebergConfiguration.s3BackupMode` must be 'FailedDataOnly': what is replayed is what failed, got 'AllData'",
    ),
    Break(
        FAILURES,
        "errors that nobody is told of",
        change("ingest-stream", icebergConfiguration__s3Configuration__cloudwatchLoggingOptions=None),
        "ingest-stream",
        "`icebergConfiguration.s3Configuration.cloudwatchLoggingOptions.enabled` must be true: errors are dropped"
        " without, got None",
    ),
    Break(
        OUTLAST,
        "gone before replay",
        change("ingest-errors-lifecycle", rules__0__expiration__days=66),
        "ingest-stream",
        "rules of ingest-errors-lifecycle must leave failed records in place for 67 days or more, got 66",
    ),
    Break(
        OUTLAST,
        "gone on a day",
        change("ingest-errors-lifecycle", rules__0__expiration={"date": "2027-01-01"}),
        "ingest-stream",
        "rules of ingest-errors-lifecycle must count days, got the date '2027-01-01'",
    ),
    Break(
        OUTLAST,
        "moved to where no replay reads",
        change("ingest-errors-lifecycle", rules__0__transitions=[{"storageClass": "GLACIER", "days": 0}]),
        "ingest-stream",
        "rules of ingest-errors-lifecycle must leave failed records in place for 67 days or more, got 0",
    ),
    Break(
        OUTLAST,
        "a bucket of somebody else",
        both(
            change("ingest-stream", icebergConfiguration__s3Configuration__bucketArn=OTHER_STREAM),
            depend("ingest-stream", "icebergConfiguration"),
        ),
        "ingest-stream",
        "`icebergConfiguration.s3Configuration.bucketArn` must be a bucket of this stack, whose rules are known",
    ),
)
