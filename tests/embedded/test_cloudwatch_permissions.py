"""Who may put which metrics: by their namespace, in each protocol that CloudWatch speaks."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.cloudwatch import cbor
from embedded_aws.cloudwatch.authorization import named
from embedded_aws.server import EmbeddedAws
from tests.embedded.gateway_kit import client, unique


@pytest.fixture(scope="module")
def limited(aws: EmbeddedAws) -> Any:
    """CloudWatch as somebody sees it who may put the metrics of one namespace."""
    iam, name = client(aws, "iam"), unique("user")
    allowed = {
        "Effect": "Allow",
        "Action": "cloudwatch:PutMetricData",
        "Resource": "*",
        "Condition": {"StringEquals": {"cloudwatch:namespace": "Own/Metrics"}},
    }
    iam.create_user(UserName=name)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(UserName=name, PolicyName="allowed", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return aws.session(access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"]).client("cloudwatch")


def test_metrics_are_put_only_in_the_namespace_that_a_policy_names(limited: Any) -> None:
    data = [{"MetricName": "m", "Value": 1}]
    limited.put_metric_data(Namespace="Own/Metrics", MetricData=data)
    for namespace in ("Own/Metrics2", "own/metrics", "AWS/Lambda"):
        with pytest.raises(ClientError) as caught:
            limited.put_metric_data(Namespace=namespace, MetricData=data)
        assert "cloudwatch:PutMetricData" in caught.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("body", "params", "expected"),
    [
        (b'{"Namespace": "A/b", "MetricData": []}', {}, {"cloudwatch:namespace": "A/b"}),
        (cbor.written({"Namespace": "A/b", "MetricData": []}), {}, {"cloudwatch:namespace": "A/b"}),
        (b"Action=PutMetricData&Namespace=A%2Fb", {}, {"cloudwatch:namespace": "A/b"}),
        (b"", {"Action": ["PutMetricData"], "Namespace": ["A/b"]}, {"cloudwatch:namespace": "A/b"}),
        (b'{"MetricData": []}', {}, {}),
        (b'{"Namespace": 1}', {}, {}),
        (b"{", {}, {}),
        (b"\xff", {}, {}),
        (b"", {}, {}),
    ],
)
def test_the_namespace_is_read_in_every_protocol(body: bytes, params: dict[str, Any], expected: dict[str, str]) -> None:
    assert named(body, params) == expected
