"""CloudWatch's metrics through its API: exact dimensions, statistics, expressions, in every protocol of SDKs."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.server import EmbeddedAws
from tests.embedded.gateway_kit import client, unique

THEN = datetime(2034, 5, 4, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def then(aws: EmbeddedAws) -> Iterator[EmbeddedAws]:
    before = aws.clock.now() - datetime.now(UTC)
    aws.clock.set(THEN)
    yield aws
    aws.clock.set(datetime.now(UTC) + before)


def _put(aws: EmbeddedAws, namespace: str, *data: dict[str, Any]) -> None:
    whole = [{"MetricName": "Rows", "Timestamp": THEN, **one} for one in data]
    client(aws, "cloudwatch").put_metric_data(Namespace=namespace, MetricData=whole)


def _query(namespace: str, *dimensions: tuple[str, str], **stat: Any) -> dict[str, Any]:
    pairs = [{"Name": name, "Value": value} for name, value in dimensions]
    metric = {"Namespace": namespace, "MetricName": "Rows", "Dimensions": pairs}
    return {"Metric": metric, "Period": 60, "Stat": "Sum", **stat}


def _data(aws: EmbeddedAws, *queries: dict[str, Any], **settings: Any) -> list[dict[str, Any]]:
    answer = client(aws, "cloudwatch").get_metric_data(
        MetricDataQueries=list(queries),
        **{"StartTime": THEN - 5 * MINUTE, "EndTime": THEN + 5 * MINUTE, **settings},
    )
    assert answer["Messages"] == []
    return [
        {
            "id": result["Id"],
            "label": result["Label"],
            "points": [
                ((time - THEN) / MINUTE, value)
                for time, value in zip(result["Timestamps"], result["Values"], strict=True)
            ],
        }
        for result in answer["MetricDataResults"]
    ]


def test_data_of_metrics_and_of_expressions(then: EmbeddedAws) -> None:
    namespace = unique("Usage")
    for minute, value in ((0, 1.0), (0, 2.0), (2, 4.0)):
        _put(then, namespace, {"Value": value, "Timestamp": THEN + minute * MINUTE})
    source = {"Dimensions": [{"Name": "Source", "Value": "a"}], "Value": 8.0}
    _put(then, namespace, source)
    queries = [
        {"Id": "m1", "MetricStat": _query(namespace)},
        {"Id": "m2", "MetricStat": _query(namespace, ("Source", "a"), Stat="Average"), "Label": "of a"},
        {"Id": "m3", "MetricStat": _query(namespace, ("Source", "b"))},
        {"Id": "hidden", "MetricStat": _query(namespace, Stat="SampleCount"), "ReturnData": False},
        {"Id": "e1", "Expression": "FILL(m1, 0) / hidden", "Label": "per sample"},
    ]
    assert _data(then, *queries) == [
        {"id": "m1", "label": "Rows", "points": [(2, 4), (0, 3)]},
        {"id": "m2", "label": "of a", "points": [(0, 8)]},
        {"id": "m3", "label": "Rows", "points": []},
        {"id": "e1", "label": "per sample", "points": [(2, 4), (0, 1.5)]},
    ]
    (oldest_first,) = _data(then, queries[0], ScanBy="TimestampAscending")
    assert oldest_first["points"] == [(0, 3), (2, 4)]
    hour = {"Id": "m1", "MetricStat": _query(namespace, Period=3600)}
    (whole,) = _data(then, hour, StartTime=THEN - 60 * MINUTE, EndTime=THEN + 60 * MINUTE)
    assert whole["points"] == [(0, 7)]


def test_statistics_of_values_of_counts_and_of_sets(then: EmbeddedAws) -> None:
    namespace = unique("Usage")
    _put(then, namespace, {"Values": [1.0, 5.0], "Counts": [9.0, 1.0], "Unit": "Milliseconds"})
    asked = {
        "Namespace": namespace,
        "MetricName": "Rows",
        "StartTime": THEN,
        "EndTime": THEN + MINUTE,
        "Period": 60,
        "Statistics": ["SampleCount", "Sum", "Average", "Minimum", "Maximum"],
    }
    cloudwatch = client(then, "cloudwatch")
    answer = cloudwatch.get_metric_statistics(**asked, ExtendedStatistics=["p50", "p100"])
    assert (answer["Label"], answer["Datapoints"]) == (
        "Rows",
        [
            {
                "Timestamp": THEN,
                "Unit": "Milliseconds",
                "SampleCount": 10,
                "Sum": 14,
                "Average": 1.4,
                "Minimum": 1,
                "Maximum": 5,
                "ExtendedStatistics": {"p50": 1, "p100": 5},
            }
        ],
    )
    _put(
        then,
        namespace,
        {"StatisticValues": {"SampleCount": 2, "Sum": 6, "Minimum": 2, "Maximum": 4}, "Unit": "Milliseconds"},
    )
    (point,) = cloudwatch.get_metric_statistics(**asked, ExtendedStatistics=["p50"])["Datapoints"]
    assert (point["Sum"], point["SampleCount"], "ExtendedStatistics" in point) == (20, 12, False)
    (point,) = cloudwatch.get_metric_statistics(**asked, Unit="Milliseconds")["Datapoints"]
    assert point["Sum"] == 20
    assert cloudwatch.get_metric_statistics(**asked, Unit="Bytes")["Datapoints"] == []


def test_metrics_are_listed_by_their_dimensions_for_two_weeks(then: EmbeddedAws) -> None:
    namespace = unique("Usage")
    for pairs in ([("A", "1")], [("A", "1"), ("B", "2")], []):
        _put(then, namespace, {"Value": 1.0, "Dimensions": [{"Name": name, "Value": value} for name, value in pairs]})
    cloudwatch = client(then, "cloudwatch")

    def listed(*wanted: dict[str, str]) -> list[dict[str, str]]:
        found = cloudwatch.list_metrics(Namespace=namespace, MetricName="Rows", Dimensions=list(wanted))["Metrics"]
        return [{pair["Name"]: pair["Value"] for pair in metric["Dimensions"]} for metric in found]

    assert listed() == [{}, {"A": "1"}, {"A": "1", "B": "2"}]
    assert listed({"Name": "A"}) == [{"A": "1"}, {"A": "1", "B": "2"}]
    assert listed({"Name": "A", "Value": "1"}, {"Name": "B", "Value": "2"}) == [{"A": "1", "B": "2"}]
    assert listed({"Name": "A", "Value": "2"}) == []
    then.clock.advance(timedelta(days=15))
    assert listed() == []


@pytest.mark.parametrize(
    ("datum", "message"),
    [
        ({"Value": 1.0, "Timestamp": THEN - timedelta(days=15)}, "must specify a time within the past two weeks"),
        ({"Value": 1.0, "Timestamp": THEN + timedelta(hours=3)}, "no more than two hours in the future"),
        ({}, r"Exactly one of MetricData.member.2.Value, Values and StatisticValues must be specified, not \[\]"),
        ({"Values": [1.0], "Counts": [1.0, 2.0]}, "Values and Counts must be of the same length"),
    ],
)
def test_a_call_with_a_wrong_data_point_stores_none(then: EmbeddedAws, datum: dict[str, Any], message: str) -> None:
    namespace = unique("Usage")
    with pytest.raises(ClientError, match=message):
        _put(then, namespace, {"Value": 1.0}, datum)
    assert _data(then, {"Id": "m1", "MetricStat": _query(namespace)})[0]["points"] == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"Period": 90}, "Period 90: the embedded AWS has standard resolution"),
        ({"Statistics": ["p90"]}, "The value p90 for parameter Statistics is invalid"),
        ({"EndTime": THEN}, "StartTime must be less than the parameter EndTime"),
        (
            {"StartTime": THEN - timedelta(days=2)},
            "You have requested up to 2880 datapoints, which exceeds the limit of 1440",
        ),
        ({"Statistics": None}, "Must specify either Statistics or ExtendedStatistics"),
        ({"ExtendedStatistics": ["tm50"]}, "tm50"),
    ],
)
def test_questions_that_cloudwatch_refuses(then: EmbeddedAws, settings: dict[str, Any], message: str) -> None:
    asked = {
        "Namespace": "Usage",
        "MetricName": "Rows",
        "StartTime": THEN,
        "EndTime": THEN + MINUTE,
        "Period": 60,
        "Statistics": ["Sum"],
        **settings,
    }
    if settings.get("StartTime"):
        asked["EndTime"] = THEN
    given = {name: value for name, value in asked.items() if value is not None}
    with pytest.raises(ClientError, match=message):
        client(then, "cloudwatch").get_metric_statistics(**given)


def test_nobody_puts_metrics_of_aws(aws: EmbeddedAws) -> None:
    with pytest.raises(ClientError, match="The value AWS/ for parameter Namespace is invalid"):
        _put(aws, "AWS/Usage", {"Value": 1.0})
