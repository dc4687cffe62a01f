"""CloudWatch's hourly sums."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from reconciliation.config import Metric
from reconciliation.hours import HOUR, Window
from reconciliation.metrics import MetricError, hourly_sums, put_metrics
from tests.unit.reconciliation.world import FakeCloudWatch, at

METRICS = {
    "a": Metric("AWS/Firehose", "IncomingRecords", {"DeliveryStreamName": "s"}),
    "b": Metric("N", "M", {"Stage": "prod", "ApiName": "api"}),
}
NAMES = {
    "a": ("AWS/Firehose", "IncomingRecords", (("DeliveryStreamName", "s"),)),
    "b": ("N", "M", (("ApiName", "api"), ("Stage", "prod"))),
}
WINDOW = Window(at("05T00:00"), at("08T00:00"))


def test_sums_are_read_page_by_page_and_by_name() -> None:
    cloudwatch = FakeCloudWatch()
    for number, hour in enumerate(WINDOW):
        cloudwatch.add(NAMES["a"], hour, number)
    cloudwatch.add(NAMES["b"], at("05T03:00"), 2**53)
    cloudwatch.add(NAMES["b"], at("04T23:00"), 1)
    cloudwatch.add(NAMES["b"], at("08T00:00"), 1)
    found = hourly_sums(cloudwatch, METRICS, WINDOW)
    assert found == {"a": dict(zip(WINDOW, range(72), strict=True)), "b": {at("05T03:00"): 2**53}}


def test_of_what_nothing_is_known_there_is_nothing() -> None:
    assert hourly_sums(FakeCloudWatch(), METRICS, WINDOW) == {"a": {}, "b": {}}


class Canned:
    """A client that answers with these pages of results."""

    def __init__(self, *pages: list[dict[str, Any]]) -> None:
        self.pages = pages

    def get_paginator(self, _: str) -> "Canned":
        return self

    def paginate(self, **_: Any) -> Iterator[dict[str, Any]]:
        return ({"MetricDataResults": page} for page in self.pages)


def result(query_id: str, status: str = "Complete", *points: tuple[datetime, float]) -> dict[str, Any]:
    timestamps, values = [moment for moment, _ in points], [value for _, value in points]
    return {"Id": query_id, "StatusCode": status, "Timestamps": timestamps, "Values": values}


FIRST = at("05T00:00")


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ([result("m0")], "metric N M: must be told as a whole, is not told"),
        ([result("m0"), result("m1", "PartialData")], "metric N M: must be told as a whole, is PartialData"),
        (
            [result("m0", "Forbidden"), result("m1")],
            "metric AWS/Firehose IncomingRecords: must be told as a whole, is Forbidden",
        ),
        ([result("m1", "Complete", (FIRST, 1.5))], "metric N M: must be a number of records, got 1.5"),
        ([result("m1", "Complete", (FIRST, -1.0))], "metric N M: must be a number of records, got -1.0"),
        (
            [result("m1", "Complete", (at("05T00:01"), 1.0))],
            "metric N M: must be of whole hours from 2026-10-05 00:00:00+00:00 on, got 2026-10-05 00:01:00+00:00",
        ),
        (
            [result("m1", "Complete", (at("08T00:00"), 1.0))],
            "metric N M: must be of whole hours from 2026-10-05 00:00:00+00:00 on, got 2026-10-08 00:00:00+00:00",
        ),
    ],
)
def test_what_is_not_told_or_cannot_be_is_an_error(page: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(MetricError) as caught:
        hourly_sums(Canned(page), METRICS, WINDOW)
    assert str(caught.value) == message


def test_a_metric_that_is_told_in_parts_is_told_once_it_is_complete() -> None:
    pages = [result("m0", "PartialData", (FIRST, 1.0)), result("m1")], [result("m0", "Complete", (FIRST + HOUR, 2.0))]
    assert hourly_sums(Canned(*pages), METRICS, WINDOW) == {"a": {FIRST: 1, FIRST + HOUR: 2}, "b": {}}


def test_metrics_are_put_by_source_as_many_as_a_call_takes() -> None:
    cloudwatch = FakeCloudWatch()
    put_metrics(cloudwatch, "N", FIRST, [("s", f"m{number}", number) for number in range(1001)])
    assert len(cloudwatch.put) == 1001
    assert cloudwatch.put[1000] == {
        "Namespace": "N",
        "MetricName": "m1000",
        "Dimensions": [{"Name": "Source", "Value": "s"}],
        "Timestamp": datetime(2026, 10, 5, tzinfo=UTC),
        "Value": 1000,
        "Unit": "Count",
    }
