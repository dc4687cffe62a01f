"""The figures of hours: from CloudWatch, from the lake, from the error buckets."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from billing.at_once import at_once
from billing.moments import moment_text
from error_bucket import ErrorBucket, ErrorObject, ErrorObjectError, is_done
from reconciliation.balance import Figures
from reconciliation.config import Metric, Source
from reconciliation.failures import Failures, ObjectCounts, count_object
from reconciliation.hours import Window, hour_of
from reconciliation.metrics import hourly_sums
from reconciliation.parts import Parts
from reconciliation.queries import (
    HOURS_PER_QUERY,
    ArrivedRows,
    arrived_query,
    belonging_query,
    read_arrived,
    read_belonging,
)
from usage.sql import TableName

QUERIES_AT_ONCE = 8
"""Below any quota of Athena's."""

_NO_ROWS = ArrivedRows(0, 0, 0)

logger = logging.getLogger(__name__)


def failures_of(parts: Parts, source: Source, now: datetime) -> Failures:
    """Return what lies in a source's error bucket; an object that was not read before is read.

    So is one that could not be read and was replayed since: whoever did that can read it, and so may this by now.
    """
    bucket, marks = parts.error_bucket(source.error_bucket), parts.marks.of(source.error_bucket)
    unread = {one.key: one for one in bucket.objects()}
    found = Failures()
    for counts in parts.items.objects(source.error_bucket):
        if counts.key not in unread:
            if is_done(marks, counts.key):
                found.add_gone(counts, marks[counts.key])
        elif not (counts.unreadable and is_done(marks, counts.key)):
            del unread[counts.key]
            found.add(counts, marks.get(counts.key))
    for key in sorted(unread):
        counts = _read(source.role, bucket, unread[key])
        parts.items.put_object(source.error_bucket, counts, now)
        found.add(counts, marks.get(key))
    if found.unreadable:
        number, since = found.unreadable.total(), moment_text(min(found.unreadable))
        logger.warning("error objects of %s that cannot be read: %s, since %s", bucket.name, number, since)
    return found


def _read(role: str, bucket: ErrorBucket, one: ErrorObject) -> ObjectCounts:
    """Count the records of an object. One that is none of Firehose's is counted as such: the others are worth it."""
    try:
        return count_object(role, one.key, bucket.records(one.key))
    except ErrorObjectError as error:
        logger.warning("an error object cannot be read: %s", error)
        return ObjectCounts(one.key, {}, {}, {}, moment_text(hour_of(one.written)))


def figures_of_hours(
    parts: Parts, windows: Mapping[str, Window], failures: Mapping[str, Failures]
) -> dict[str, list[Figures]]:
    """Return the figures of every hour of every source's window, in order; all by the source's role.

    Raises:
        MetricError: CloudWatch does not tell everything.
        QueryError: Athena does not.
        ResultError: what Athena tells is no answer to what was asked.
    """
    if not windows:
        return {}
    whole = Window(min(one.start for one in windows.values()), max(one.end for one in windows.values()))
    metrics: dict[str, Metric] = {}
    for source in parts.settings.sources:
        if source.role in windows:
            dimensions = {"DeliveryStreamName": source.stream}
            metrics[f"{source.role} incoming"] = Metric("AWS/Firehose", "IncomingRecords", dimensions)
            metrics[f"{source.role} counted"] = source.counted
    sums, rows = hourly_sums(parts.cloudwatch, metrics, whole), _Rows(parts, windows)
    return {
        role: [
            Figures(
                incoming=sums[f"{role} incoming"].get(hour, 0),
                counted=sums[f"{role} counted"].get(hour, 0),
                failed=failures[role].failed[hour],
                replayed=failures[role].replayed[hour],
                source_failed=failures[role].belonging[hour],
                unreadable=failures[role].unreadable[hour],
                source_keys=rows.belonging(role, hour),
                **vars(rows.arrived(role, hour)),
            )
            for hour in window
        ]
        for role, window in windows.items()
    }


@dataclass(frozen=True)
class _Question:
    kind: Literal["arrived", "belonging"]
    table: TableName
    window: Window
    counted_rows: Mapping[str, str]

    def sql(self) -> str:
        if self.kind == "arrived":
            return arrived_query(self.table, self.window)
        return belonging_query(self.table, self.window, self.counted_rows)


class _Rows:
    """What the lake says of hours: all sources are asked at once, a part of their hours by each query."""

    def __init__(self, parts: Parts, windows: Mapping[str, Window]) -> None:
        tables = {table.role: table for table in parts.lake.tables()}
        self._has_time = {role: not tables[role].records.time_is_callers for role in windows}
        self._arrived: dict[tuple[str, datetime], ArrivedRows] = {}
        self._belonging: dict[tuple[str, datetime], int] = {}
        counted_rows = {source.role: source.counted_rows for source in parts.settings.sources}
        questions = (
            one for role, window in windows.items() for one in _questions(tables[role], window, counted_rows[role])
        )
        for question, answer in at_once(lambda one: parts.lake.query(one.sql()), questions, QUERIES_AT_ONCE):
            role, hours = question.table.role, list(question.window)
            if question.kind == "arrived":
                found = read_arrived(answer, question.window)
                self._arrived |= {(role, hours[place]): rows for place, rows in found.items()}
            else:
                records = read_belonging(answer, question.window)
                self._belonging |= {(role, hours[place]): number for place, number in records.items()}

    def arrived(self, role: str, hour: datetime) -> ArrivedRows:
        return self._arrived.get((role, hour), _NO_ROWS)

    def belonging(self, role: str, hour: datetime) -> int | None:
        return self._belonging.get((role, hour), 0) if self._has_time[role] else None


def _questions(table: TableName, window: Window, counted_rows: Mapping[str, str]) -> Iterator[_Question]:
    for part in window.parts(HOURS_PER_QUERY):
        yield _Question("arrived", table, part, counted_rows)
        if not table.records.time_is_callers:
            yield _Question("belonging", table, part, counted_rows)
