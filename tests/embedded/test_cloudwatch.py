"""CloudWatch's metrics through its API: exact dimensions, statistics, expressions, in every protocol of SDKs."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from embedded_aws.cloudwatch import cbor
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


def _signed(aws: EmbeddedAws, headers: dict[str, str], body: bytes, path: str = "/") -> urllib3.BaseHTTPResponse:
    request = AWSRequest(method="POST", url=aws.url + path, data=body, headers=headers)
    SigV4Auth(Credentials("test", "test"), "monitoring", aws.region).add_auth(request)
    return urllib3.request("POST", aws.url + path, body=body, headers=dict(request.headers), retries=False)


def test_cbor_as_newer_sdks_speak_it(then: EmbeddedAws) -> None:
    namespace = unique("Usage")
    path = "/service/GraniteServiceVersion20100801/operation/"
    headers = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor", "Accept": "application/cbor"}

    def call(operation: str, body: dict[str, Any]) -> tuple[int, Any]:
        answer = _signed(then, headers, cbor.written(body), path + operation)
        assert answer.headers["smithy-protocol"] == "rpc-v2-cbor"
        return answer.status, cbor.read(answer.data)

    datum = {"MetricName": "Rows", "Value": 2.5, "Timestamp": THEN}
    assert call("PutMetricData", {"Namespace": namespace, "MetricData": [datum]}) == (200, {})
    query = {"Id": "m1", "MetricStat": _query(namespace)}
    asked = {"MetricDataQueries": [query], "StartTime": THEN, "EndTime": THEN + MINUTE}
    assert call("GetMetricData", asked) == (
        200,
        {
            "MetricDataResults": [
                {"Id": "m1", "Label": "Rows", "Timestamps": [THEN], "Values": [2.5], "StatusCode": "Complete"}
            ],
            "Messages": [],
        },
    )
    status, error = call("SetAlarmState", {"AlarmName": "nobodys", "StateValue": "OK", "StateReason": "a drill"})
    assert (status, error) == (404, {"__type": "ResourceNotFound", "message": "Alarm nobodys not found"})
    status, error = call("GetMetricData", {"MetricDataQueries": "none"})
    assert (status, error["__type"]) == (400, "SerializationException")
    answer = _signed(then, headers, b"\xa1", path + "PutMetricData")
    assert (answer.status, cbor.read(answer.data)["__type"]) == (400, "SerializationException")


def test_the_query_protocol_as_older_sdks_speak_it(then: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    # botocore speaks the first of the model's protocols that it knows; told so, the query protocol.
    monkeypatch.setattr("botocore.model.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS", ("query",))
    old = then.session().client("cloudwatch", config=Config(user_agent_extra="old"))
    assert old.meta.service_model.resolved_protocol == "query"
    namespace, name = unique("Usage"), unique("alarm")
    pair = {"Name": "Source", "Value": "a & b"}
    old.put_metric_data(
        Namespace=namespace,
        MetricData=[{"MetricName": "Rows", "Dimensions": [pair], "Values": [1.0, 2.0], "Timestamp": THEN}],
    )
    (point,) = old.get_metric_statistics(
        Namespace=namespace,
        MetricName="Rows",
        Dimensions=[pair],
        StartTime=THEN,
        EndTime=THEN + MINUTE,
        Period=60,
        Statistics=["Sum"],
    )["Datapoints"]
    assert point == {"Timestamp": THEN, "Sum": 3.0, "Unit": "None"}
    settings = {
        "AlarmName": name,
        "ActionsEnabled": False,
        "EvaluationPeriods": 2,
        "Threshold": 0.5,
        "ComparisonOperator": "LessThanThreshold",
        "Metrics": [
            {"Id": "m1", "MetricStat": _query(namespace, ("Source", "a & b")), "ReturnData": False},
            {"Id": "e1", "Expression": "m1 < 3 && m1 > 0", "ReturnData": True},
        ],
        "AlarmActions": ["arn:aws:sns:us-east-1:000000000000:one"],
    }
    old.put_metric_alarm(**settings)
    (alarm,) = old.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert {key: alarm[key] for key in settings} == settings
    assert alarm["StateUpdatedTimestamp"].year == THEN.year
    old.delete_alarms(AlarmNames=[name])
    with pytest.raises(ClientError) as error:
        old.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="a drill")
    assert error.value.response["Error"]["Code"] == "ResourceNotFound"


def test_an_operation_that_is_none_is_refused(aws: EmbeddedAws) -> None:
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "GraniteServiceVersion20100801.PutAnomalyDetector",
    }
    answer = _signed(aws, headers, b"{}")
    assert (answer.status, json.loads(answer.data)) == (
        400,
        {"__type": "InvalidAction", "message": "The embedded AWS has no CloudWatch operation 'PutAnomalyDetector'"},
    )
