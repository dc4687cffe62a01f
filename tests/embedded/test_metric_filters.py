"""Metric filters: log events become data points, those of functions too."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.server import EmbeddedAws
from tests.embedded.gateway_kit import client, invoke, make_function, make_role, unique
from tests.embedded.metric_kit import values


class Group:
    """A log group with one stream, whose filters feed a namespace of its own."""

    def __init__(self, aws: EmbeddedAws) -> None:
        self.aws, self.name, self.namespace = aws, unique("/group"), unique("Filtered")
        client(aws, "logs").create_log_group(logGroupName=self.name)
        client(aws, "logs").create_log_stream(logGroupName=self.name, logStreamName="s")

    def filter(self, pattern: str, **transformation: Any) -> None:
        given = {"metricName": "M", "metricNamespace": self.namespace, "metricValue": "1", **transformation}
        client(self.aws, "logs").put_metric_filter(
            logGroupName=self.name, filterName=unique("f"), filterPattern=pattern, metricTransformations=[given]
        )

    def write(self, *events: Any) -> None:
        now = int(time.time() * 1000)
        messages = [event if isinstance(event, str) else json.dumps(event) for event in events]
        client(self.aws, "logs").put_log_events(
            logGroupName=self.name,
            logStreamName="s",
            logEvents=[{"timestamp": now, "message": message} for message in messages],
        )

    def values(self, metric: str = "M", **dimensions: str) -> tuple[float, float]:
        """Number and sum of a metric's values."""
        return values(self.aws, self.namespace, metric, **dimensions)


def test_a_field_is_the_value_of_events_that_match(aws: EmbeddedAws) -> None:
    group = Group(aws)
    group.filter("{ $.accepted = * }", metricValue="$.accepted", unit="Count")
    group.filter("{ $.accepted > 1 && $.kind = stor* }", metricName="Large")
    group.filter("ERROR -expected", metricName="Errors")
    group.filter("", metricName="All")
    group.write(
        {"accepted": 3, "kind": "storage"}, {"accepted": 0, "kind": "storage"}, {"accepted": "many"}, {"other": 1}
    )
    group.write({"accepted": 2.5, "kind": "calls"}, "an ERROR", "an expected ERROR")
    found = {name: group.values(name) for name in ("M", "Large", "Errors", "All")}
    assert found == {"M": (3, 5.5), "Large": (1, 1), "Errors": (1, 1), "All": (7, 7)}
    assert client(aws, "cloudwatch").list_metrics(Namespace=group.namespace)["Metrics"] == [
        {"Namespace": group.namespace, "MetricName": name, "Dimensions": []} for name in ("All", "Errors", "Large", "M")
    ]


def test_the_default_value_stands_for_events_of_which_none_matches(aws: EmbeddedAws) -> None:
    group = Group(aws)
    group.filter("{ $.unstored > 0 }", metricValue="$.unstored", defaultValue=0.0)
    group.write({"accepted": 1}, {"accepted": 1})
    assert group.values() == (1, 0)
    group.write({"unstored": 4}, {"accepted": 1})
    assert group.values() == (2, 4)


def test_dimensions_come_from_fields_and_an_event_without_them_is_passed_over(aws: EmbeddedAws) -> None:
    group = Group(aws)
    group.filter("{ $.n = * }", metricValue="$.n", dimensions={"Kind": "$.kind", "Code": "$.code"})
    group.write({"n": 1, "kind": "a", "code": 5}, {"n": 2, "kind": "a", "code": 5}, {"n": 4, "kind": "a"})
    assert group.values(Kind="a", Code="5") == (2, 3)
    assert group.values() == (0, 0)


def test_what_a_function_logs_is_counted(aws: EmbeddedAws) -> None:
    group = Group(aws)
    source = """
        import json
        def handler(event, context):
            print(json.dumps({"accepted": event["n"]}))
    """
    logged = {"logs__CreateLogStream": "*", "logs__PutLogEvents": "*"}
    function = make_function(aws, source, role=make_role(aws, **logged), LoggingConfig={"LogGroup": group.name})
    group.filter("{ $.accepted = * }", metricValue="$.accepted")
    for number in (2, 5):
        assert invoke(aws, function, {"n": number}) == (None, None)
    assert group.values() == (2, 7)


def test_events_are_found_by_such_patterns_too(aws: EmbeddedAws) -> None:
    group = Group(aws)
    group.write({"a": 1}, {"a": 2}, "no json")
    found = client(aws, "logs").filter_log_events(logGroupName=group.name, filterPattern="{ $.a > 1 }")["events"]
    assert [event["message"] for event in found] == ['{"a": 2}']


@pytest.mark.parametrize(
    ("pattern", "transformation", "message"),
    [
        ("{ $.a", {}, "Invalid metric filter pattern"),
        ("{ $.a > b }", {}, "Invalid metric filter pattern"),
        ("", {"metricValue": "many"}, "metricValue 'many' is neither a number nor a field"),
        ("", {"defaultValue": 0.0, "dimensions": {"A": "$.a"}}, "are mutually exclusive"),
        ("", {"dimensions": dict.fromkeys("ABCD", "$.a")}, "at most 3 dimensions, not 4"),
    ],
)
def test_filters_that_are_none_are_refused(
    aws: EmbeddedAws, pattern: str, transformation: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError, match=message):
        Group(aws).filter(pattern, **transformation)
