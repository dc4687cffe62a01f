"""Alarms on the embedded AWS's clock: states, whom they tell, composites, and what the clock's jumps do to them."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.server import EmbeddedAws
from tests.embedded.alarm_kit import MINUTE, THEN, Told, Watched, make_topic, topic_policy, watching
from tests.embedded.gateway_kit import client, unique
from tests.embedded.queue_kit import make_queue


@pytest.fixture
def watched(aws: EmbeddedAws) -> Iterator[Watched]:
    with watching(aws) as made:
        yield made


def _evaluate(aws: EmbeddedAws, body: dict[str, Any]) -> dict[str, str]:
    request = urllib.request.Request(  # noqa: S310 - the test's own address
        f"{aws.url}/_embedded/alarms/evaluate", data=json.dumps(body).encode(), method="POST"
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - the test's own address
        return dict(json.loads(answer.read()))


def test_an_alarm_goes_off_and_is_over(watched: Watched) -> None:
    watched.put([0, 3, 0, None, None, None, None])
    name = watched.alarm()
    assert watched.described(name)["StateValue"] == "INSUFFICIENT_DATA"
    assert watched.states(1, 1.9, 2, 3, 4, 5, 6, 7, of=name) == [
        "OK",
        "OK",
        "ALARM",
        "OK",
        "OK",  # the last value is looked at again for as long as it is in the range
        "OK",
        "INSUFFICIENT_DATA",
        "INSUFFICIENT_DATA",
    ]


def test_a_topic_is_told_of_each_change_once_in_cloudwatchs_form(watched: Watched) -> None:
    told = make_topic(watched.aws)
    watched.put([2, 2, 0], Stage="v1")
    name = watched.alarm(
        AlarmDescription="Rows failed.",
        AlarmActions=[told.topic],
        OKActions=[told.topic],
        Dimensions=[{"Name": "Stage", "Value": "v1"}],
        TreatMissingData="notBreaching",
    )
    watched.states(1, 2, 3, 4, of=name)
    alarm, over = told.messages()
    arn = watched.described(name)["AlarmArn"]
    assert (alarm["TopicArn"], alarm["Subject"]) == (told.topic, f'ALARM: "{name}" in US East (N. Virginia)')
    configured = alarm["Message"].pop("AlarmConfigurationUpdatedTimestamp")
    assert configured.startswith("2033-05-04T10:00:0")
    assert alarm["Message"] == {
        "AlarmName": name,
        "AlarmDescription": "Rows failed.",
        "AWSAccountId": "000000000000",
        "NewStateValue": "ALARM",
        "NewStateReason": "Threshold Crossed: 1 out of the last 1 datapoint [2.0 (04/05/33 10:00:00)] was greater than "
        "the threshold (0.0) (minimum 1 datapoint for OK -> ALARM transition).",
        "StateChangeTime": "2033-05-04T10:01:00.000+0000",
        "Region": "US East (N. Virginia)",
        "AlarmArn": arn,
        "OldStateValue": "INSUFFICIENT_DATA",
        "OKActions": [told.topic],
        "AlarmActions": [told.topic],
        "InsufficientDataActions": [],
        "Trigger": {
            "MetricName": "Failed",
            "Namespace": watched.namespace,
            "StatisticType": "Statistic",
            "Statistic": "SUM",
            "Unit": None,
            "Dimensions": [{"value": "v1", "name": "Stage"}],
            "Period": 60,
            "EvaluationPeriods": 1,
            "DatapointsToAlarm": 1,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 0.0,
            "TreatMissingData": "notBreaching",
            "EvaluateLowSampleCountPercentile": "",
        },
    }
    changed = {key: over["Message"][key] for key in ("OldStateValue", "NewStateValue", "StateChangeTime")}
    assert changed == {
        "OldStateValue": "ALARM",
        "NewStateValue": "OK",
        "StateChangeTime": "2033-05-04T10:03:00.000+0000",
    }
    history = client(watched.aws, "cloudwatch").describe_alarm_history(AlarmName=name, ScanBy="TimestampAscending")
    assert [(item["HistoryItemType"], item["HistorySummary"]) for item in history["AlarmHistoryItems"]] == [
        ("ConfigurationUpdate", f'Alarm "{name}" created'),
        ("StateUpdate", "Alarm updated from INSUFFICIENT_DATA to ALARM"),
        ("Action", f"Successfully executed action {told.topic}"),
        ("StateUpdate", "Alarm updated from ALARM to OK"),
        ("Action", f"Successfully executed action {told.topic}"),
    ]


def _fails(watched: Watched, told: Told, **settings: Any) -> str:
    """Let an alarm go off whose action fails; gives the error that its history tells."""
    name = watched.alarm(AlarmActions=[told.topic], **settings)
    watched.put([1])
    assert watched.states(1, of=name) == ["ALARM"]
    assert told.messages() == []
    history = client(watched.aws, "cloudwatch").describe_alarm_history(AlarmName=name, HistoryItemType="Action")
    (item,) = history["AlarmHistoryItems"]
    assert item["HistorySummary"] == f"Failed to execute action {told.topic}"
    return str(json.loads(item["HistoryData"])["error"])


def test_a_topic_must_let_cloudwatch_publish(watched: Watched) -> None:
    told = make_topic(watched.aws)
    sns = client(watched.aws, "sns")
    other = topic_policy(told.topic).replace("cloudwatch", "events")
    sns.set_topic_attributes(TopicArn=told.topic, AttributeName="Policy", AttributeValue=other)
    assert "is not authorized to perform: SNS:Publish" in _fails(watched, told)
    tls = {"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": told.topic}
    tls["Condition"] = {"Bool": {"aws:SecureTransport": "false"}}  # type: ignore[assignment] - a policy's value
    policy = topic_policy(told.topic, tls)
    sns.set_topic_attributes(TopicArn=told.topic, AttributeName="Policy", AttributeValue=policy)
    name = watched.alarm(AlarmActions=[told.topic])
    assert watched.states(1, of=name) == ["ALARM"]
    assert [one["Message"]["AlarmName"] for one in told.messages()] == [name]


def test_awss_own_key_keeps_cloudwatch_from_a_topic(watched: Watched) -> None:
    told = make_topic(watched.aws)
    sns = client(watched.aws, "sns")
    sns.set_topic_attributes(TopicArn=told.topic, AttributeName="KmsMasterKeyId", AttributeValue="alias/aws/sns")
    assert "does not have authorization to access the SNS topic encryption key" in _fails(watched, told)


def test_actions_can_be_disabled_and_states_be_set(watched: Watched) -> None:
    told, cloudwatch = make_topic(watched.aws), client(watched.aws, "cloudwatch")
    name = watched.alarm(AlarmActions=[told.topic], InsufficientDataActions=[told.topic])
    cloudwatch.disable_alarm_actions(AlarmNames=[name])
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a drill")
    assert told.messages() == []
    cloudwatch.enable_alarm_actions(AlarmNames=[name])
    assert watched.states(1, of=name) == ["INSUFFICIENT_DATA"]
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a drill")
    said = [(one["Message"]["NewStateValue"], one["Message"]["NewStateReason"]) for one in told.messages()]
    assert said == [("INSUFFICIENT_DATA", "Insufficient Data: 1 datapoint was unknown."), ("ALARM", "a drill")]
    with pytest.raises(ClientError, match="Member must satisfy enum value set"):
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="BROKEN", StateReason="a drill")
    with pytest.raises(ClientError, match="ResourceNotFound"):
        cloudwatch.set_alarm_state(AlarmName="nobodys", StateValue="OK", StateReason="a drill")


def test_a_composite_alarm_follows_its_children(watched: Watched) -> None:
    told = make_topic(watched.aws)
    one, other = watched.alarm(), watched.alarm(MetricName="Missing")
    name = unique("all")
    client(watched.aws, "cloudwatch").put_composite_alarm(
        AlarmName=name,
        AlarmRule=f'(ALARM("{one}") OR ALARM("{other}")) AND NOT INSUFFICIENT_DATA({one})',
        AlarmActions=[told.topic],
        OKActions=[told.topic],
    )
    told.messages()  # a new composite alarm tells its first state
    watched.put([0, 1, 1, 0])
    watched.put([0, 0, 1, 0], "Missing")
    assert watched.states(1, 2, 3, 4, of=name) == ["OK", "ALARM", "ALARM", "OK"]
    alarm, over = (message["Message"] for message in told.messages())
    assert (alarm["AlarmName"], alarm["NewStateValue"], over["NewStateValue"]) == (name, "ALARM", "OK")
    assert alarm["TriggeringChildren"] == [
        {
            "Arn": watched.described(one)["AlarmArn"],
            "State": {"Value": "ALARM", "Timestamp": "2033-05-04T10:02:00.000+0000"},
        }
    ]
    with pytest.raises(ClientError, match="composite alarm"):
        client(watched.aws, "cloudwatch").delete_alarms(AlarmNames=[one])


def test_an_event_tells_of_each_change(watched: Watched) -> None:
    queue, events, rule = make_queue(watched.aws), client(watched.aws, "events"), unique("rule")
    name = watched.alarm()
    pattern = {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        "detail": {"alarmName": [name], "state": {"value": ["ALARM"]}},
    }
    arn = events.put_rule(Name=rule, EventPattern=json.dumps(pattern))["RuleArn"]
    statement = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    statement |= {"Resource": queue.arn, "Condition": {"ArnEquals": {"aws:SourceArn": arn}}}  # type: ignore[dict-item]
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client(watched.aws, "sqs").set_queue_attributes(QueueUrl=queue.url, Attributes={"Policy": policy})
    events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": queue.arn}])
    watched.put([1, 0])
    watched.states(1, 2, of=name)
    (event,) = queue.bodies(wait=0)
    assert event["resources"] == [watched.described(name)["AlarmArn"]]
    detail = event["detail"]
    assert (detail["previousState"], detail["state"]["value"], detail["state"]["timestamp"]) == (
        {"value": "INSUFFICIENT_DATA"},
        "ALARM",
        "2033-05-04T10:01:00.000+0000",
    )


def test_a_jump_of_months_is_one_evaluation_of_what_lies_before_it(watched: Watched) -> None:
    told = make_topic(watched.aws)
    watched.put([1, 1, 1])
    name = watched.alarm(AlarmActions=[told.topic], OKActions=[told.topic], TreatMissingData="notBreaching")
    assert watched.states(1, of=name) == ["ALARM"]
    later = THEN + timedelta(days=90)
    watched.aws.clock.set(later)
    states = _evaluate(watched.aws, {})
    assert states[name] == "OK"
    assert [one["Message"]["NewStateValue"] for one in told.messages()] == ["ALARM", "OK"]


def test_the_thread_evaluates_when_the_clock_is_set(watched: Watched) -> None:
    watched.put([1])
    name = watched.alarm()
    watched.aws.clock.set(THEN + MINUTE)
    watched.wait_for(name, "ALARM")
    assert watched.aws.activity.idle()


def test_the_control_evaluates_at_a_moment_that_is_not_past(watched: Watched) -> None:
    watched.put([1])
    name = watched.alarm()
    assert _evaluate(watched.aws, {"at": "2033-05-04T10:01:00Z"})[name] == "ALARM"
    for body, message in [
        ({"at": "2033-05-04T10:00:30Z"}, "at: alarms were evaluated at 2033-05-04T10:01:00+00:00, which is after"),
        ({"at": "soon"}, "must be a time such as"),
    ]:
        with pytest.raises(urllib.error.HTTPError) as error:
            _evaluate(watched.aws, body)
        assert error.value.code == 400
        assert message in json.loads(error.value.read())["message"]
