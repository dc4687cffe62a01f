"""CloudWatch in every protocol that SDKs speak; all other tests speak boto3's."""

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
from tests.embedded.gateway_kit import unique

THEN = datetime(2034, 5, 4, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def then(aws: EmbeddedAws) -> Iterator[EmbeddedAws]:
    before = aws.clock.now() - datetime.now(UTC)
    aws.clock.set(THEN)
    yield aws
    aws.clock.set(datetime.now(UTC) + before)


def _query(namespace: str, *dimensions: tuple[str, str]) -> dict[str, Any]:
    pairs = [{"Name": name, "Value": value} for name, value in dimensions]
    metric = {"Namespace": namespace, "MetricName": "Rows", "Dimensions": pairs}
    return {"Metric": metric, "Period": 60, "Stat": "Sum"}


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
