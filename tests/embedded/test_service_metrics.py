"""What AWS's services count by themselves: SQS, Lambda, API Gateway, Athena, Firehose."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from embedded_aws.server import EmbeddedAws
from tests.embedded.alarm_kit import make_topic
from tests.embedded.athena_kit import Lake
from tests.embedded.firehose_kit import COPY, Stream, row
from tests.embedded.gateway_api import Api
from tests.embedded.gateway_kit import client, invoke
from tests.embedded.metric_kit import statistics, values
from tests.embedded.queue_kit import FAILING, function_arn, make_queue, polling_role

ONCE = Config(retries={"total_max_attempts": 1})
NEVER = {"BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 900}}


def _of_queue(aws: EmbeddedAws, queue: Any) -> dict[str, float]:
    name = queue.arn.rsplit(":", 1)[-1]
    metrics = ("NumberOfMessagesSent", "NumberOfMessagesReceived", "NumberOfMessagesDeleted", "SentMessageSize")
    return {metric: values(aws, "AWS/SQS", metric, QueueName=name)[1] for metric in metrics}


def test_messages_of_a_queue(aws: EmbeddedAws) -> None:
    queue, sqs = make_queue(aws), client(aws, "sqs")
    queue.send("a", "b")
    entries = [{"Id": str(number), "MessageBody": "x" * 10} for number in range(3)]
    sqs.send_message_batch(QueueUrl=queue.url, Entries=entries)
    assert len(queue.take()) == 5
    handles = [{"Id": "1", "ReceiptHandle": "none"}]
    assert len(sqs.delete_message_batch(QueueUrl=queue.url, Entries=handles)["Failed"]) == 1
    assert _of_queue(aws, queue) == {
        "NumberOfMessagesSent": 5,
        "NumberOfMessagesReceived": 5,
        "NumberOfMessagesDeleted": 5,
        "SentMessageSize": 2 * len('"a"') + 30,
    }


def test_messages_that_services_send_and_take(aws: EmbeddedAws) -> None:
    told = make_topic(aws)
    client(aws, "sns").publish(TopicArn=told.topic, Message="{}")
    assert _of_queue(aws, told.queue)["NumberOfMessagesSent"] == 1
    queue = make_queue(aws)
    function = function_arn(aws, "def handler(event, context): pass", role=polling_role(aws, queue))
    mapping = client(aws, "lambda").create_event_source_mapping(EventSourceArn=queue.arn, FunctionName=function)
    queue.send(1, 2)
    aws.activity.settle(30)
    client(aws, "lambda").delete_event_source_mapping(UUID=mapping["UUID"])
    counted = _of_queue(aws, queue)
    assert [counted[f"NumberOfMessages{what}"] for what in ("Sent", "Received", "Deleted")] == [2, 2, 2]


def test_what_a_queue_holds_is_measured_once_a_minute_while_it_is_active(aws: EmbeddedAws) -> None:
    queue, idle = make_queue(aws), make_queue(aws)
    queue.send("a", "b", "c")
    client(aws, "sqs").receive_message(QueueUrl=queue.url)
    now = aws.clock.now()
    aws.alarms.evaluate(now)
    held = {
        metric: statistics(aws, "AWS/SQS", metric, "Maximum", QueueName=queue.arn.rsplit(":", 1)[-1])[0]["Maximum"]
        for metric in (
            "ApproximateNumberOfMessagesVisible",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        )
    }
    assert list(held.values()) == [2, 1, 0]
    name = idle.arn.rsplit(":", 1)[-1]
    assert statistics(aws, "AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", QueueName=name) == []


@pytest.mark.parametrize(("source", "errors"), [("def handler(event, context): return 1", 0), (FAILING, 1)])
def test_invocations_by_function_and_by_alias(aws: EmbeddedAws, source: str, errors: int) -> None:
    arn = function_arn(aws, source)
    name = arn.split(":")[6]
    invoke(aws, arn, {})
    invoke(aws, name, {})
    by_function, by_alias, by_latest = (
        {
            metric: values(aws, "AWS/Lambda", metric, FunctionName=name, **resource)
            for metric in ("Invocations", "Errors", "Throttles")
        }
        for resource in ({}, {"Resource": f"{name}:live"}, {"Resource": name})
    )
    once = {"Invocations": (1, 1), "Errors": (1, errors), "Throttles": (1, 0)}
    assert (by_alias, by_latest) == (once, once)
    assert by_function == {"Invocations": (2, 2), "Errors": (2, 2 * errors), "Throttles": (2, 0)}
    (duration,) = statistics(aws, "AWS/Lambda", "Duration", "Maximum", FunctionName=name, Resource=f"{name}:live")
    assert 0 < duration["Maximum"] < 3000


def test_an_invocation_to_come_counts_when_it_comes_and_a_throttled_one_as_throttled(aws: EmbeddedAws) -> None:
    arn = function_arn(aws, "def handler(event, context): return 1")
    name = arn.split(":")[6]
    client(aws, "lambda").invoke(FunctionName=arn, InvocationType="Event", Payload=b"{}")
    aws.activity.settle(30)
    assert values(aws, "AWS/Lambda", "Invocations", FunctionName=name) == (1, 1)
    client(aws, "lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError, match="TooManyRequestsException"):
        aws.session().client("lambda", config=ONCE).invoke(FunctionName=name)
    assert values(aws, "AWS/Lambda", "Invocations", FunctionName=name) == (1, 1)
    assert values(aws, "AWS/Lambda", "Throttles", FunctionName=name) == (2, 1)


def test_requests_are_counted_at_their_arrival_by_api_and_by_stage(aws: EmbeddedAws) -> None:
    api = Api(aws)
    token = api.pool.tokens(api.pool.sign_up(tenant="acme"))["IdToken"]
    for _ in range(2):
        assert api.get(token=token).status == 200
    assert api.get().status == 401
    of_api = {"ApiName": api.name}
    for dimensions in (of_api, {**of_api, "Stage": api.stage}):
        found = {
            metric: values(aws, "AWS/ApiGateway", metric, **dimensions)
            for metric in ("Count", "4XXError", "5XXError", "IntegrationLatency")
        }
        assert found.pop("IntegrationLatency")[0] == 2
        assert found == {"Count": (3, 3), "4XXError": (3, 1), "5XXError": (3, 0)}


def test_queries_by_workgroup_type_and_state(aws: EmbeddedAws) -> None:
    lake = Lake.make(aws, "metrics")
    silent = lake.query("SELECT count(*) FROM {table}")
    updates = {"PublishCloudWatchMetricsEnabled": True}
    client(aws, "athena").update_work_group(WorkGroup=lake.workgroup, ConfigurationUpdates=updates)
    good, bad = lake.query("SELECT count(*) FROM {table}"), lake.query("SELECT nothing FROM {table}")
    assert (silent.state, good.state, bad.state) == ("SUCCEEDED", "SUCCEEDED", "FAILED")
    for state, scanned in (("SUCCEEDED", good.scanned), ("FAILED", 0)):
        dimensions = {"WorkGroup": lake.workgroup, "QueryType": "DML", "QueryState": state}
        assert values(aws, "AWS/Athena", "ProcessedBytes", **dimensions) == (1, scanned)
        assert values(aws, "AWS/Athena", "TotalExecutionTime", **dimensions)[0] == 1


def test_freshness_grows_while_records_wait(aws: EmbeddedAws) -> None:
    before = aws.clock.now() - datetime.now(UTC)
    stream = Stream(aws, COPY, settings=NEVER, parameters={"BufferIntervalInSeconds": "900"})
    try:
        stream.put(row(1))
        later = aws.clock.now() + timedelta(hours=2)
        aws.clock.set(later)
        aws.alarms.evaluate(later)
    finally:
        aws.clock.set(datetime.now(UTC) + before)
    of_stream = {"DeliveryStreamName": stream.name}
    (found,) = statistics(aws, "AWS/Firehose", "DeliveryToIceberg.DataFreshness", "Maximum", **of_stream)
    assert 7_000 < found["Maximum"] <= 7_200
    stream.flush()
    count = values(aws, "AWS/Firehose", "DeliveryToIceberg.DataFreshness", **of_stream)[0]
    aws.alarms.evaluate()
    assert values(aws, "AWS/Firehose", "DeliveryToIceberg.DataFreshness", **of_stream)[0] == count


def test_a_dead_letter_sets_an_alarm_off(aws: EmbeddedAws) -> None:
    told, dead = make_topic(aws), make_queue(aws)
    name = dead.arn.rsplit(":", 1)[-1]
    cloudwatch = client(aws, "cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=f"dead-{name}",
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Dimensions=[{"Name": "QueueName", "Value": name}],
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
        AlarmActions=[told.topic],
    )
    try:
        dead.send("late")
        assert aws.alarms.evaluate()[f"dead-{name}"] == "ALARM"
        assert [json.dumps(one["Message"]["NewStateValue"]) for one in told.messages()] == ['"ALARM"']
    finally:
        cloudwatch.delete_alarms(AlarmNames=[f"dead-{name}"])
