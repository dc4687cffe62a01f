"""Streams append, and keep what fails until somebody had the time to put it right."""

from collections.abc import Iterator
from typing import Any

from pulumi_policy import ResourceValidationArgs

from metering_policy import _kinds as kinds
from metering_policy._reading import at, items, shown
from metering_policy._reasons import ERROR_RETENTION_DAYS
from metering_policy._rule import resource_rule, stack_rule
from metering_policy._stack import Stack, StackMember, behind

_ICEBERG = "icebergConfiguration"
_ONLY_FAILED = "FailedDataOnly"


def _changes_rows(args: ResourceValidationArgs) -> Iterator[str]:
    iceberg = at(args.props, _ICEBERG)
    if iceberg is None:
        return
    if at(iceberg, "appendOnly") is not True:
        yield f"`{_ICEBERG}.appendOnly` must be true, got {at(iceberg, 'appendOnly')!r}"
    for table in items(iceberg, "destinationTableConfigurations"):
        keys = list(items(table, "uniqueKeys"))
        if keys:
            yield f"`uniqueKeys` must not be set: Firehose would update rows by them, got {shown(keys)}"


def _loses_what_fails(args: ResourceValidationArgs) -> Iterator[str]:
    iceberg = at(args.props, _ICEBERG)
    if iceberg is None:
        return
    mode = at(iceberg, "s3BackupMode")
    if mode != _ONLY_FAILED:
        yield f"`{_ICEBERG}.s3BackupMode` must be {_ONLY_FAILED!r}: what is replayed is what failed, got {mode!r}"
    for name, place in ((_ICEBERG, iceberg), (f"{_ICEBERG}.s3Configuration", at(iceberg, "s3Configuration"))):
        enabled = at(place or {}, "cloudwatchLoggingOptions", "enabled")
        if enabled is not True:
            yield f"`{name}.cloudwatchLoggingOptions.enabled` must be true: errors are dropped without, got {enabled!r}"


def _gone_before_replay(stream: StackMember, stack: Stack) -> Iterator[str]:
    if at(stream.props, _ICEBERG) is None:
        return
    days = int(stack.config.get("days", ERROR_RETENTION_DAYS))
    buckets = behind(stream, _ICEBERG, kinds.BUCKET)
    if not buckets:
        arn = at(stream.props, _ICEBERG, "s3Configuration", "bucketArn")
        buckets = [bucket for bucket in stack.of(kinds.BUCKET) if at(bucket.props, "arn") == arn]
    if not buckets:
        yield f"`{_ICEBERG}.s3Configuration.bucketArn` must be a bucket of this stack, whose rules are known"
    for bucket in buckets:
        for lifecycle in stack.about(kinds.BUCKET_LIFECYCLE, "bucket", bucket, "bucket", "id"):
            for rule in items(lifecycle.props, "rules"):
                yield from _too_early(lifecycle.name, rule, days)


def _too_early(name: str, rule: Any, days: int) -> Iterator[str]:
    if at(rule, "status") == "Disabled":
        return
    # No object expires after 0 days: there it stands for no days at all. It can be moved after 0.
    ends = [end for end in items(rule, "expiration") if at(end, "days") or at(end, "date")]
    for end in [*ends, *items(rule, "transitions")]:
        if at(end, "date"):
            yield f"rules of {name} must count days, got the date {at(end, 'date')!r}"
            continue
        kept = at(end, "days") or 0
        if kept < days:
            yield f"rules of {name} must leave failed records in place for {days} days or more, got {shown(kept)}"


APPEND_ONLY = resource_rule(
    "stream-append-only",
    "Streams append rows to Iceberg tables and change none: duplicates are removed when rows are read.",
    "Leave the stream as components.IngestPipeline makes it",
    {kinds.STREAM: _changes_rows},
)
FAILURES_KEPT = resource_rule(
    "stream-keeps-failures",
    "Streams keep the records that fail, and those alone, in their error bucket, and tell of it in their log.",
    "Leave the stream as components.IngestPipeline makes it",
    {kinds.STREAM: _loses_what_fails},
)
FAILURES_OUTLAST = stack_rule(
    "failures-outlast-replay",
    "Failed records stay where they are for longer than the days in which they are to be replayed.",
    "Set errorRetentionDays to replayWindowDays and 7 more at least, and `days` of this policy with them",
    {kinds.STREAM: _gone_before_replay},
    {
        "days": {
            "type": "integer",
            "minimum": 1,
            "description": "Days that failed records stay: replayWindowDays and 7 more.",
            "default": ERROR_RETENTION_DAYS,
        }
    },
)
POLICIES = (APPEND_ONLY, FAILURES_KEPT, FAILURES_OUTLAST)
