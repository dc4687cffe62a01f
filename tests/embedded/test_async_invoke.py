import json
import re

import pytest
from botocore.exceptions import ClientError

from embedded_aws.activity import NotSettledError
from embedded_aws.server import EmbeddedAws
from tests.embedded.gateway_kit import client, make_role, request, unique
from tests.embedded.queue_kit import FAILING, client_of_user, code_of, function_arn, make_queue


def _configure(aws: EmbeddedAws, arn: str, failure: str, retries: int = 1) -> None:
    name, _, qualifier = arn.split(":function:")[1].partition(":")
    client(aws, "lambda").put_function_event_invoke_config(
        FunctionName=name,
        Qualifier=qualifier,
        MaximumRetryAttempts=retries,
        MaximumEventAgeInSeconds=60,
        DestinationConfig={"OnFailure": {"Destination": failure}},
    )


def test_a_failure_goes_to_the_destination_of_the_alias_after_its_retries(aws: EmbeddedAws) -> None:
    failures = make_queue(aws)
    arn = function_arn(
        aws,
        FAILING,
        role=make_role(
            aws,
            sqs__SendMessage=failures.arn,
            logs__PutLogEvents="*",
            logs__CreateLogStream="*",
            logs__CreateLogGroup="*",
        ),
    )
    _configure(aws, arn, failures.arn)
    answer = client(aws, "lambda").invoke(FunctionName=arn, InvocationType="Event", Payload=b'{"a": 1}')
    assert (answer["StatusCode"], answer["Payload"].read()) == (202, b"")
    aws.activity.settle(30)
    (record,) = failures.bodies()
    request_id = record["requestContext"].pop("requestId")
    assert record.pop("responsePayload").pop("stackTrace")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record.pop("timestamp"))
    assert record == {
        "version": "1.0",
        "requestContext": {"functionArn": arn, "condition": "RetriesExhausted", "approximateInvokeCount": 2},
        "requestPayload": {"a": 1},
        "responseContext": {"statusCode": 200, "executedVersion": "1", "functionError": "Unhandled"},
    }
    lines = client(aws, "logs").filter_log_events(logGroupName=f"/aws/lambda/{arn.split(':')[6]}")["events"]
    starts = [line["message"] for line in lines if line["message"].startswith("START")]
    assert starts == [f"START RequestId: {request_id} Version: 1"] * 2


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        pytest.param(
            "import os\ndef handler(event, context): os.kill(os.getpid(), 9)", "Runtime.ExitError", id="killed"
        ),
        pytest.param("import time\ndef handler(event, context): time.sleep(9)", "Sandbox.Timedout", id="timed out"),
    ],
)
def test_a_function_that_dies_has_failed(aws: EmbeddedAws, source: str, kind: str) -> None:
    failures = make_queue(aws)
    arn = function_arn(aws, source, role=make_role(aws, sqs__SendMessage=failures.arn), Timeout=1)
    _configure(aws, arn, failures.arn, retries=0)
    client(aws, "lambda").invoke(FunctionName=arn, InvocationType="Event", Payload=b"{}")
    (record,) = failures.bodies(20)
    assert (record["responsePayload"]["errorType"], record["requestContext"]["approximateInvokeCount"]) == (kind, 1)


def test_the_attempts_share_one_request_id_and_a_success_ends_them(aws: EmbeddedAws) -> None:
    told = make_queue(aws)
    source = """
        calls = 0
        def handler(event, context):
            global calls
            calls += 1
            if calls < 3:
                raise ValueError("again")
            return [calls, context.aws_request_id, context.invoked_function_arn.split(":")[-1]]
    """
    arn = function_arn(aws, source, role=make_role(aws, sqs__SendMessage=told.arn))
    name = arn.split(":")[6]
    client(aws, "lambda").put_function_event_invoke_config(
        FunctionName=name, Qualifier="live", DestinationConfig={"OnSuccess": {"Destination": told.arn}}
    )
    client(aws, "lambda").invoke(FunctionName=name, Qualifier="live", InvocationType="Event", Payload=b"{}")
    aws.activity.settle(30)
    (record,) = told.bodies()
    calls, request_id, qualifier = record["responsePayload"]
    assert (calls, qualifier, request_id) == (3, "live", record["requestContext"]["requestId"])
    assert record["requestContext"]["condition"] == "Success"


def test_a_role_that_may_not_send_is_refused_as_are_settings_out_of_range(aws: EmbeddedAws) -> None:
    failures = make_queue(aws)
    arn = function_arn(aws, FAILING)
    with pytest.raises(ClientError) as error:
        _configure(aws, arn, failures.arn)
    code, message = code_of(error)
    assert code == "InvalidParameterValueException"
    assert message.endswith(f"role does not have permissions to call SendMessage on {failures.arn}")
    with pytest.raises(ClientError) as error:
        _configure(aws, arn, failures.arn, retries=3)
    assert code_of(error) == ("InvalidParameterValueException", "MaximumRetryAttempts: must be from 0 to 2: 3")


def test_a_topic_and_a_dead_letter_queue_get_the_failure_too(aws: EmbeddedAws) -> None:
    dead, told, sns = make_queue(aws), make_queue(aws), client(aws, "sns")
    allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:*", "Resource": told.arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    client(aws, "sqs").set_queue_attributes(QueueUrl=told.url, Attributes={"Policy": policy})
    topic = sns.create_topic(Name=unique("topic"))["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=told.arn, Attributes={"RawMessageDelivery": "true"})
    role = make_role(aws, sqs__SendMessage=dead.arn, sns__Publish=topic)
    arn = function_arn(aws, FAILING, role=role, DeadLetterConfig={"TargetArn": dead.arn})
    _configure(aws, arn, topic, retries=0)
    client(aws, "lambda").invoke(FunctionName=arn, InvocationType="Event", Payload=b'{"a": 1}')
    aws.activity.settle(30)
    (record,), (message,) = told.bodies(), dead.take()
    request_id = record["requestContext"]["requestId"]
    assert json.loads(message["Body"]) == record["requestPayload"] == {"a": 1}
    attributes = {key: value["StringValue"] for key, value in message["MessageAttributes"].items()}
    assert attributes == {"RequestID": request_id, "ErrorCode": "200", "ErrorMessage": f"no: {request_id}"}


def test_a_record_that_the_role_may_no_longer_send_is_counted_as_lost(aws: EmbeddedAws) -> None:
    failures = make_queue(aws)
    role = make_role(aws, sqs__SendMessage=failures.arn)
    arn = function_arn(aws, FAILING, role=role)
    _configure(aws, arn, failures.arn, retries=0)
    client(aws, "iam").delete_role_policy(RoleName=role.split("/")[1], PolicyName="allowed")
    client(aws, "lambda").invoke(FunctionName=arn, InvocationType="Event", Payload=b"{}")
    aws.activity.settle(30)
    points = client(aws, "cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="DestinationDeliveryFailures",
        Dimensions=[{"Name": "FunctionName", "Value": arn.split(":")[6]}],
        StartTime="2020-01-01T00:00:00Z",
        EndTime="2100-01-01T00:00:00Z",
        Period=86400 * 30,
        Statistics=["Sum"],
    )["Datapoints"]
    assert ([point["Sum"] for point in points], failures.held()) == ([1.0], 0)


def test_a_permission_for_the_function_is_none_for_its_alias(aws: EmbeddedAws) -> None:
    arn = function_arn(aws, "def handler(event, context): return 1")
    function = arn.removesuffix(":live")
    allowed = client_of_user(aws, "lambda", lambda__InvokeFunction=arn)
    assert allowed.invoke(FunctionName=function, Qualifier="live", InvocationType="Event")["StatusCode"] == 202
    refused = client_of_user(aws, "lambda", lambda__InvokeFunction=function)
    with pytest.raises(ClientError) as error:
        refused.invoke(FunctionName=function, Qualifier="live", InvocationType="Event")
    assert code_of(error)[0] == "AccessDeniedException"


def test_activity_knows_an_invocation_until_its_end(aws: EmbeddedAws) -> None:
    arn = function_arn(aws, "import time\ndef handler(event, context): time.sleep(0.3)")
    aws.activity.settle(30)
    client(aws, "lambda").invoke(FunctionName=arn, InvocationType="Event", Payload=b"{}")
    under_way = {f"asynchronous invocation of {arn.split(':')[6]}": 1}
    assert request(f"{aws.url}/_embedded/idle").body == {"idle": False, "under_way": under_way}
    with pytest.raises(NotSettledError, match=r"still under way after 0 s: \{'asynchronous invocation of "):
        aws.activity.settle(0)
    aws.activity.settle(30)
    assert request(f"{aws.url}/_embedded/idle").body == {"idle": True, "under_way": {}}
