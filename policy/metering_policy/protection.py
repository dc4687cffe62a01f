"""What cannot be made again does not go: not with its stack, not with a change, not with time."""

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from pulumi_policy import ResourceValidationArgs

from metering_policy import _kinds as kinds
from metering_policy._reading import at, is_set, items, shown
from metering_policy._reasons import KEPT_PREFIXES, MADE_ANEW, UNGUARDED_STACKS
from metering_policy._rule import ANY, ResourceCheck, resource_rule, stack_rule, texts_config
from metering_policy._stack import Stack, StackMember


def stack_of(urn: str) -> str:
    """Return the name of the stack that a URN is of: `urn:pulumi:<stack>::<project>::<types>::<name>`."""
    return urn.split("::", 1)[0].rpartition(":")[2]


def _guarded(check: ResourceCheck) -> ResourceCheck:
    """Return the check for guarded stacks alone."""

    def in_guarded_stacks(args: ResourceValidationArgs) -> Iterator[str]:
        unguarded = args.get_config().get("unguardedStacks", UNGUARDED_STACKS)
        if not any(fnmatchcase(stack_of(args.urn), str(pattern)) for pattern in unguarded):
            yield from check(args)

    return in_guarded_stacks


def _may_go(args: ResourceValidationArgs) -> Iterator[str]:
    if not args.opts.protect:
        yield f"the option `protect` must be true in the guarded stack {stack_of(args.urn)!r}, got False"


def _locked_bucket_may_go(args: ResourceValidationArgs) -> Iterator[str]:
    if at(args.props, "objectLockEnabled"):
        yield from _may_go(args)


def _items_may_go(args: ResourceValidationArgs) -> Iterator[str]:
    if args.name in set(args.get_config().get("madeAnew", MADE_ANEW)):
        return
    yield from _may_go(args)
    if at(args.props, "deletionProtectionEnabled") is not True:
        got = at(args.props, "deletionProtectionEnabled")
        yield f"`deletionProtectionEnabled` must be true in the guarded stack {stack_of(args.urn)!r}, got {got!r}"


def _users_may_go(args: ResourceValidationArgs) -> Iterator[str]:
    yield from _may_go(args)
    if at(args.props, "deletionProtection") != "ACTIVE":
        got = at(args.props, "deletionProtection")
        yield f"`deletionProtection` must be 'ACTIVE' in the guarded stack {stack_of(args.urn)!r}, got {got!r}"


def _goes_with_its_contents(args: ResourceValidationArgs) -> Iterator[str]:
    if at(args.props, "forceDestroy"):
        yield f"`forceDestroy` must be false in the guarded stack {stack_of(args.urn)!r}, got True"


def _locks_can_be_lifted(args: ResourceValidationArgs) -> Iterator[str]:
    settings = at(args.props, "environment", "variables", "BILLING_SETTINGS")
    if settings is None:
        return
    try:
        mode = json.loads(settings)["object_lock_mode"]
    except (KeyError, TypeError, ValueError):
        mode = None
    if mode != "COMPLIANCE":
        yield f"`object_lock_mode` must be 'COMPLIANCE' in the guarded stack {stack_of(args.urn)!r}, got {mode!r}"


def _no_way_back(args: ResourceValidationArgs) -> Iterator[str]:
    if args.name in set(args.get_config().get("madeAnew", ())):
        return
    enabled = at(args.props, "pointInTimeRecovery", "enabled")
    if enabled is not True:
        yield f"`pointInTimeRecovery.enabled` must be true, got {enabled!r}"


def _schema_replaces(args: ResourceValidationArgs) -> Iterator[str]:
    key = "icebergMetadata" if args.resource_type == kinds.ICEBERG_TABLE else "metadata"
    if key not in args.opts.ignore_changes:
        yield f"the option `ignore_changes` must have {key!r}: a change of it replaces the table, rows and all"


def _billing_without_lock(billing: StackMember, stack: Stack) -> Iterator[str]:
    buckets = [child for child in stack.children(billing) if kinds.kind_of(child.resource_type) == kinds.BUCKET]
    locked = [bucket for bucket in buckets if at(bucket.props, "objectLockEnabled") is True]
    if not locked:
        yield "a bucket of it must have `objectLockEnabled`, for the final invoices, got none"
    for bucket in locked:
        versionings = stack.about(kinds.BUCKET_VERSIONING, "bucket", bucket, "bucket", "id")
        if not any(at(one.props, "versioningConfiguration", "status") == "Enabled" for one in versionings):
            yield f"{bucket.name} must have a `BucketVersioning` that is enabled, or nothing in it can be locked"
        for lifecycle in stack.about(kinds.BUCKET_LIFECYCLE, "bucket", bucket, "bucket", "id"):
            yield from _removed_in_time(lifecycle)


def _removed_in_time(lifecycle: StackMember) -> Iterator[str]:
    for rule in items(lifecycle.props, "rules"):
        removes = is_set(rule, "expiration") or is_set(rule, "noncurrentVersionExpiration")
        prefix = _prefix(rule)
        touched = [kept for kept in KEPT_PREFIXES if kept.startswith(prefix) or prefix.startswith(kept)]
        if removes and touched and at(rule, "status") != "Disabled":
            yield f"no rule of {lifecycle.name} may remove objects of {shown(touched)}, got one for {prefix!r}"


def _prefix(rule: Any) -> str:
    return str(at(rule, "filter", "prefix") or at(rule, "filter", "and", "prefix") or at(rule, "prefix") or "")


GUARDED = resource_rule(
    "guarded-stack-keeps-its-data",
    "In a guarded stack nothing that cannot be made again can be destroyed, emptied or unlocked.",
    "Leave the stack's `protect` at true; if its data is to go, name it in reasons.json, in a reviewed change",
    {
        kind: _guarded(check)
        for kind, check in {
            kinds.TABLE_BUCKET: _may_go,
            kinds.ICEBERG_TABLE: _may_go,
            kinds.ICEBERG_TABLE_OF_AWS: _may_go,
            kinds.ITEMS_TABLE: _items_may_go,
            kinds.USER_POOL: _users_may_go,
            kinds.BUCKET: _locked_bucket_may_go,
            kinds.FUNCTION: _locks_can_be_lifted,
            ANY: _goes_with_its_contents,
        }.items()
    },
    {
        "unguardedStacks": texts_config("Names of stacks, or patterns of such, whose data may go.", UNGUARDED_STACKS),
        "madeAnew": texts_config("Names of the DynamoDB tables that may be lost.", MADE_ANEW),
    },
)
RECOVERABLE = resource_rule(
    "items-recoverable",
    "Every DynamoDB table can be brought back to any second of the last weeks.",
    "Make the table with components._items_table.items_table, or set it",
    {kinds.ITEMS_TABLE: _no_way_back},
    {"madeAnew": texts_config("Names of the DynamoDB tables that may be lost.", ())},
)
SCHEMA_IN_PLACE = resource_rule(
    "schema-change-keeps-the-table",
    "No change of a table's definition replaces an Iceberg table: its rows would be gone.",
    "Let components.StorageLake make the table: it adds columns in place",
    {kinds.ICEBERG_TABLE: _schema_replaces, kinds.ICEBERG_TABLE_OF_AWS: _schema_replaces},
)
INVOICES_LOCKED = stack_rule(
    "invoices-locked",
    "Final invoices are in a bucket that can lock objects, and no rule removes them or the catalogs they were made by.",
    "Let components.UsageBilling make the bucket",
    {kinds.BILLING: _billing_without_lock},
)
POLICIES = (GUARDED, RECOVERABLE, SCHEMA_IN_PLACE, INVOICES_LOCKED)
