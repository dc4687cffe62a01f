import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.clock import Clock
from embedded_aws.scheduler import NoScheduleError
from embedded_aws.server import EmbeddedAws
from tests.embedded.gateway_kit import client, make_role, request, unique
from tests.embedded.metric_kit import values
from tests.embedded.queue_kit import Queue, code_of, function_arn, make_queue

DUE = datetime(2031, 3, 1, 3, 17, tzinfo=UTC)  # when nothing of the deployed program is due
INPUT = json.dumps(
    {
        "time": "<aws.scheduler.scheduled-time>",
        "of": "<aws.scheduler.schedule-arn>",
        "try": "<aws.scheduler.attempt-number>",
    }
)


@pytest.fixture
def clock(aws: EmbeddedAws) -> Iterator[Clock]:
    yield aws.clock
    aws.clock.set(datetime.now(UTC))


def role_of(aws: EmbeddedAws, *statements: dict[str, Any], group: str = "default", **allowed: str) -> str:
    """A role that trusts the scheduler for one group alone."""
    arn = make_role(aws, service="scheduler.amazonaws.com", **allowed)
    group_arn = f"arn:aws:scheduler:{aws.region}:{aws.account}:schedule-group/{group}"
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "scheduler.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": aws.account, "aws:SourceArn": group_arn}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust, *statements]})
    client(aws, "iam").update_assume_role_policy(RoleName=arn.split("/")[1], PolicyDocument=policy)
    return arn


def schedule(aws: EmbeddedAws, target: dict[str, Any], expression: str = "cron(17 3 * * ? *)", **settings: Any) -> str:
    name = unique("schedule")
    client(aws, "scheduler").create_schedule(
        Name=name, ScheduleExpression=expression, FlexibleTimeWindow={"Mode": "OFF"}, Target=target, **settings
    )
    return name


def counted(aws: EmbeddedAws) -> dict[str, float]:
    """What schedules of the default group are counted as."""
    kinds = ("Dropped", "sSentToDeadLetter", "sFailedToBeSentToDeadLetter")
    names = ["InvocationAttemptCount", "TargetErrorCount", *(f"Invocation{kind}Count" for kind in kinds)]
    return {name: values(aws, "AWS/Scheduler", name, ScheduleGroup="default")[1] for name in names}


def to_queue(aws: EmbeddedAws, queue: Queue, **more: Any) -> dict[str, Any]:
    return {"Arn": queue.arn, "RoleArn": role_of(aws, sqs__SendMessage=queue.arn), "Input": INPUT, **more}


def test_a_schedule_invokes_its_function_asynchronously_at_any_time_of_ones_choosing(aws: EmbeddedAws) -> None:
    told = make_queue(aws)
    arn = function_arn(aws, "def handler(event, context): return event", role=make_role(aws, sqs__SendMessage=told.arn))
    client(aws, "lambda").put_function_event_invoke_config(
        FunctionName=arn, DestinationConfig={"OnSuccess": {"Destination": told.arn}}
    )
    target = {"Arn": arn, "RoleArn": role_of(aws, lambda__InvokeFunction=arn), "Input": INPUT}
    name = schedule(aws, target, State="DISABLED")
    body = json.dumps({"Name": name, "GroupName": "default", "ScheduledTime": "2031-03-01T04:17:00+01:00"})
    answer = request(f"{aws.url}/_embedded/scheduler/fire", method="POST", data=body.encode())
    assert answer.status == 200
    aws.activity.settle(20)
    (record,) = told.bodies()
    schedule_arn = f"arn:aws:scheduler:{aws.region}:{aws.account}:schedule/default/{name}"
    assert record["requestPayload"] == {"time": "2031-03-01T03:17:00Z", "of": schedule_arn, "try": "1"}
    assert record["requestContext"]["functionArn"] == arn


def test_it_fires_by_the_clock_and_not_for_the_time_that_is_skipped(aws: EmbeddedAws, clock: Clock) -> None:
    queue = make_queue(aws)
    clock.set(DUE - timedelta(days=3))
    daily = schedule(aws, to_queue(aws, queue))
    disabled = schedule(aws, to_queue(aws, queue), State="DISABLED")
    once = schedule(aws, to_queue(aws, queue), f"at({DUE:%Y-%m-%dT%H:%M:%S})", ActionAfterCompletion="DELETE")
    clock.set(DUE - timedelta(milliseconds=100))
    found = queue.bodies() + queue.bodies(1)
    assert sorted((body["of"].split("/")[-1], body["time"]) for body in found) == sorted(
        (name, "2031-03-01T03:17:00Z") for name in (daily, once)
    )
    scheduler = client(aws, "scheduler")
    with pytest.raises(scheduler.exceptions.ResourceNotFoundException):
        scheduler.get_schedule(Name=once)
    for name in (daily, disabled):
        scheduler.delete_schedule(Name=name)


def test_what_cannot_be_delivered_is_tried_again_and_then_put_aside(aws: EmbeddedAws) -> None:
    arn, dead = function_arn(aws, "def handler(event, context): return 1"), make_queue(aws)
    other = arn.removesuffix(":live")
    target = {
        "Arn": arn,
        "RoleArn": role_of(aws, lambda__InvokeFunction=other, sqs__SendMessage=dead.arn),
        "Input": '{"n": "<aws.scheduler.attempt-number>"}',
        "RetryPolicy": {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 60},
        "DeadLetterConfig": {"Arn": dead.arn},
    }
    name, before = schedule(aws, target), counted(aws)
    execution = aws.scheduler.fire(name, DUE)
    aws.activity.settle(20)
    after = counted(aws)
    assert {metric: after[metric] - before[metric] for metric in after} == {
        "InvocationAttemptCount": 3,
        "TargetErrorCount": 3,
        "InvocationDroppedCount": 1,
        "InvocationsSentToDeadLetterCount": 1,
        "InvocationsFailedToBeSentToDeadLetterCount": 0,
    }
    (message,) = dead.take()
    attributes = {key: value["StringValue"] for key, value in message["MessageAttributes"].items()}
    assert attributes.pop("ERROR_MESSAGE").endswith(
        f"perform: lambda:InvokeFunction on resource: {arn} because no "
        "identity-based policy allows the lambda:InvokeFunction action"
    )
    assert attributes == {
        "ERROR_CODE": "AccessDeniedException",
        "EXECUTION_ID": execution,
        "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
        "IS_PAYLOAD_TRUNCATED": "false",
        "RETRY_ATTEMPTS": "2",
        "SCHEDULED_TIME": "2031-03-01T03:17:00Z",
        "SCHEDULE_ARN": f"arn:aws:scheduler:{aws.region}:{aws.account}:schedule/default/{name}",
        "TARGET_ARN": arn,
    }
    assert json.loads(message["Body"]) == {"n": "3"}


def test_a_retry_succeeds_once_the_target_is_there(aws: EmbeddedAws) -> None:
    queue = make_queue(aws)
    target = to_queue(aws, queue, RetryPolicy={"MaximumRetryAttempts": 100, "MaximumEventAgeInSeconds": 60})
    client(aws, "sqs").delete_queue(QueueUrl=queue.url)
    aws.scheduler.fire(schedule(aws, target), DUE)
    client(aws, "sqs").create_queue(QueueName=queue.url.rsplit("/", 1)[1])
    aws.activity.settle(20)
    (body,) = queue.bodies()
    assert body["time"] == "2031-03-01T03:17:00Z"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"ScheduleExpression": "cron(0 6 * * * *)"}, "Invalid Schedule Expression cron(0 6 * * * *)."),
        ({"ScheduleExpressionTimezone": "Mars"}, "Invalid Schedule Expression Timezone Mars."),
        (
            {"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}},
            "FlexibleTimeWindow.MaximumWindowInMinutes: goes with the mode FLEXIBLE and only with it",
        ),
        (
            {"Target": {"RetryPolicy": {"MaximumRetryAttempts": 186}}},
            "MaximumRetryAttempts: must be from 0 to 185: 186",
        ),
        (
            {"Target": {"RoleArn": "arn:aws:iam::000000000000:role/none"}},
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
        ),
        (
            {"Target": {"Arn": "arn:aws:sns:us-east-1:000000000000:topic"}},
            "Target.Arn: the embedded AWS delivers to lambda, sqs: arn:aws:sns:us-east-1:000000000000:topic",
        ),
    ],
)
def test_what_aws_refuses(aws: EmbeddedAws, changed: dict[str, Any], message: str) -> None:
    queue = make_queue(aws)
    settings = {
        "ScheduleExpression": "rate(1 hour)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        **changed,
        "Target": {**to_queue(aws, queue), **changed.get("Target", {})},
    }
    with pytest.raises(ClientError) as error:
        client(aws, "scheduler").create_schedule(Name=unique("schedule"), **settings)
    assert code_of(error) == ("ValidationException", message)


def test_a_role_for_another_group_is_refused(aws: EmbeddedAws) -> None:
    queue = make_queue(aws)
    target = {"Arn": queue.arn, "RoleArn": role_of(aws, group="other", sqs__SendMessage=queue.arn)}
    with pytest.raises(ClientError) as error:
        schedule(aws, target)
    assert code_of(error)[0] == "ValidationException"
    client(aws, "scheduler").create_schedule_group(Name="other")
    name = schedule(aws, target, GroupName="other")
    aws.scheduler.fire(name, DUE, "other")
    (body,) = queue.bodies()
    assert (body["detail-type"], body["time"]) == ("Scheduled Event", "2031-03-01T03:17:00Z")


def test_an_unknown_schedule_does_not_fire(aws: EmbeddedAws) -> None:
    with pytest.raises(NoScheduleError, match="Schedule none does not exist in group default"):
        aws.scheduler.fire("none", DUE)
    body = b'{"Name": "none", "ScheduledTime": "2031-03-01T03:17:00Z"}'
    answer = request(f"{aws.url}/_embedded/scheduler/fire", method="POST", data=body)
    assert (answer.status, answer.body) == (400, {"message": "Schedule none does not exist in group default."})
