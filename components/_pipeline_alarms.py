"""The alarms of one way of records into their table: the same for each."""

from dataclasses import dataclass

import pulumi

from components import _metrics as metrics
from components._alarms import HOUR, Alarm
from components.watched import WatchedPipelineArgs

NEAR_TIMEOUT = 0.8
"""Part of its time that the transform may take before that is an alarm."""
_MS = 1000


@dataclass(frozen=True)
class WatchedSource:
    """A pipeline and whose records it takes."""

    prefix: str
    """What its alarms' roles begin with."""
    role: str
    """Role of the table that its rows are in."""
    records: str
    """What its records are called in sentences."""
    pipeline: WatchedPipelineArgs


def pipeline_alarms(
    source: WatchedSource, *, namespace: pulumi.Input[str], freshness_seconds: int, replay_window_days: int
) -> list[Alarm]:
    """Return the alarms of a pipeline.

    Args:
        source: the pipeline.
        namespace: of the deployment's own metrics.
        freshness_seconds: age of a record, not yet in its table, from which on that is an alarm.
        replay_window_days: days in which failed records are to be replayed.
    """
    return [
        *_of_stream(source, freshness_seconds),
        *_of_transform(source),
        *_of_reconciliation(source, namespace, replay_window_days),
    ]


def _of_stream(source: WatchedSource, freshness_seconds: int) -> list[Alarm]:
    stream = source.pipeline["stream_name"]
    return [
        Alarm(
            role=f"{source.prefix}-failed-rows",
            section="failed-rows",
            metrics={
                "failed": metrics.firehose("DeliveryToIceberg.FailedRowCount", "Sum", "rows failed", stream=stream)
            },
            threshold=0,
            meaning=f"Rows of {source.records} could not be written to their table and are in the error bucket.",
            first_look="The reasons in Firehose's log group and in the error bucket's records.",
            at_risk=True,
        ),
        Alarm(
            role=f"{source.prefix}-freshness",
            section="freshness",
            metrics={
                "age": metrics.firehose("DeliveryToIceberg.DataFreshness", "Maximum", "age in seconds", stream=stream)
            },
            threshold=freshness_seconds,
            meaning=f"The oldest of the {source.records} that are not in the table waits for over"
            f" {freshness_seconds} seconds.",
            first_look="Whether the transform or the commits to the table fail, in Firehose's log group.",
            at_risk=True,
        ),
        Alarm(
            role=f"{source.prefix}-throttled",
            section="throttled",
            metrics={"throttled": metrics.firehose("ThrottledRecords", "Sum", "records throttled", stream=stream)},
            threshold=0,
            meaning=f"The stream of {source.records} refused records above its limits. Whoever put them may drop them.",
            first_look="IncomingBytes and IncomingRecords beside the stream's limits.",
            at_risk=True,
        ),
        Alarm(
            role=f"{source.prefix}-transform-failures",
            section="transform-failures",
            metrics={
                "success": metrics.firehose(
                    "ExecuteProcessing.Success", "Average", "calls of the transform that succeeded", stream=stream
                )
            },
            comparison="LessThanThreshold",
            threshold=1,
            meaning=f"Firehose could not use what the transform of {source.records} answered, or got no answer. It"
            " calls again; then the batch goes to the error bucket.",
            first_look="The codes in Firehose's log group, then the transform's log.",
            at_risk=True,
        ),
    ]


def _of_transform(source: WatchedSource) -> list[Alarm]:
    function = source.pipeline["transform_function_name"]
    seconds = source.pipeline["transform_timeout_seconds"]
    return [
        Alarm(
            role=f"{source.prefix}-transform-errors",
            section="transform-errors",
            metrics={"errors": metrics.function("Errors", "Sum", "errors of the transform", function=function)},
            threshold=0,
            meaning=f"The transform of {source.records} failed or ran out of time. Firehose calls it again.",
            first_look="The error in the transform's log, and whether a version was deployed just before.",
            at_risk=False,
        ),
        Alarm(
            role=f"{source.prefix}-transform-throttles",
            section="transform-throttles",
            metrics={
                "throttles": metrics.function("Throttles", "Sum", "throttles of the transform", function=function)
            },
            threshold=0,
            meaning=f"Lambda had no room for the transform of {source.records}. Firehose calls it again.",
            first_look="ConcurrentExecutions of the account beside its limit.",
            at_risk=False,
        ),
        Alarm(
            role=f"{source.prefix}-transform-duration",
            section="transform-duration",
            metrics={
                "duration": metrics.function("Duration", "Maximum", "longest call of the transform", function=function)
            },
            threshold=NEAR_TIMEOUT * seconds * _MS,
            meaning=f"A call of the transform of {source.records} took over {NEAR_TIMEOUT:.0%} of its {seconds}"
            " seconds. When it runs out of time, its batch fails.",
            first_look="The records of a batch in the transform's log, and whether a version was deployed just before.",
            at_risk=False,
        ),
    ]


def _of_reconciliation(source: WatchedSource, namespace: pulumi.Input[str], replay_window_days: int) -> list[Alarm]:
    def alarm(section: str, name: str, label: str, meaning: str, first_look: str) -> Alarm:
        return Alarm(
            role=f"{source.prefix}-{section}",
            section=section,
            metrics={
                section.replace("-", "_"): metrics.of_source(namespace, name, "Maximum", label, source=source.role)
            },
            threshold=0,
            period=HOUR,
            # Put hourly, zeros too: between two of them what the last one said still holds.
            missing="ignore",
            meaning=meaning,
            first_look=first_look,
            at_risk=True,
        )

    return [
        alarm(
            "error-objects",
            "FailedObjects",
            "objects in the error bucket",
            f"The error bucket has {source.records} that nobody has replayed. Replay them within"
            f" {replay_window_days} days: they are removed after {source.pipeline['error_retention_days']}.",
            "The reasons of the failed records, and whether what made them fail is mended.",
        ),
        alarm(
            "missing",
            "Missing",
            "records missing",
            f"Fewer {source.records} are in the table than were counted, above the tolerance.",
            "The hours that are open, with their figures.",
        ),
        alarm(
            "unexplained",
            "Unexplained",
            "records unexplained",
            f"More {source.records} are in the table than were counted, above the tolerance.",
            "The hours that are open, and who else puts records to the stream.",
        ),
    ]
