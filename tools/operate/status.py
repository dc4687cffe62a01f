"""How a deployment stands: alarms, open hours, error objects, dead letters, months that ought to be final."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from billing.holds import subject_of
from billing.moments import moment_text
from billing.periods import overdue
from error_bucket import is_aside, is_done
from tools.operate.at_once import Progress, no_progress
from tools.operate.hours import Hours, read_hours
from tools.operate.sources import sources_of
from tools.operate.stack import OperatorStack


@dataclass(frozen=True)
class Status:
    """What may be wrong."""

    alarms: tuple[dict[str, Any], ...]
    """Alarms of the deployment that are on: name, since when, why, and what it is about."""
    open_hours: dict[str, int]
    """Source -> number of hours that are missing or unexplained and not accepted."""
    error_objects: dict[str, int]
    """Source -> number of objects in its error bucket that were neither replayed nor set aside."""
    dead_letters: int
    """Messages on billing's dead-letter queue, about."""
    unfinalized: tuple[dict[str, Any], ...]
    """Months that are not final though they could have been for over a week: `period`, `since` when they could, `left`
    (tenants that the last final run left; None if there was none), `open_hours`, `on_hold` (whether the month is)."""

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong."""
        numbers = [*self.open_hours.values(), *self.error_objects.values(), self.dead_letters]
        return not (self.alarms or self.unfinalized or any(numbers))

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {**vars(self), "alarms": list(self.alarms), "unfinalized": list(self.unfinalized)}


def status(stack: OperatorStack, progress: Progress = no_progress) -> Status:
    """Look at a deployment; `progress` is told of each source."""
    sources = sources_of(stack.outputs)
    hours = Counter(item["source"] for item in read_hours(stack, Hours(only_open=True)))
    objects = {}
    for number, source in enumerate(sources):
        progress("look at error objects", number, len(sources))
        marks = stack.marks.of(source.error_bucket)
        keys = (one.key for one in stack.errors(source).objects())
        objects[source.role] = sum(not (is_done(marks, key) or is_aside(marks, key)) for key in keys)
    open_hours = {source.role: hours[source.role] for source in sources}
    return Status(tuple(_alarms(stack)), open_hours, objects, _dead_letters(stack), tuple(_unfinalized(stack)))


def _alarms(stack: OperatorStack) -> list[dict[str, Any]]:
    """Return the alarms that are on and that notify this deployment's topic, in the order of their names."""
    pages = (
        stack.session.client("cloudwatch")
        .get_paginator("describe_alarms")
        .paginate(AlarmTypes=["MetricAlarm", "CompositeAlarm"], StateValue="ALARM")
    )
    found = [
        {
            "name": alarm["AlarmName"],
            "since": moment_text(alarm["StateUpdatedTimestamp"]),
            "why": alarm.get("StateReason", ""),
            "about": alarm.get("AlarmDescription", ""),
        }
        for page in pages
        for alarm in (*page["MetricAlarms"], *page["CompositeAlarms"])
        if stack.outputs.alarm_topic_arn in alarm["AlarmActions"]
    ]
    return sorted(found, key=lambda alarm: str(alarm["name"]))


def _dead_letters(stack: OperatorStack) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    queue = stack.outputs.billing_dead_letter_queue_url
    found = stack.session.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def _unfinalized(stack: OperatorStack) -> Iterator[dict[str, Any]]:
    grace, holds = stack.settings.grace, stack.store.holds()
    for record in overdue(stack.store.periods(), stack.at, grace):
        yield {
            "period": str(record.period),
            "since": moment_text(record.period.end + grace),
            "left": None if record.cutoff is None else record.left,
            "open_hours": sum(1 for _ in read_hours(stack, Hours(period=record.period, only_open=True))),
            "on_hold": subject_of(record.period) in holds,
        }
