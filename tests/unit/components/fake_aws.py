"""Computed values of a cloud that never is: unlike the names, so that a rebuilt ARN shows."""

from collections.abc import Callable
from typing import Any

import pulumi

ACCOUNT = "210987654321"
REGION = "eu-west-7"
PARTITION = "aws-test"


def arn(service: str, resource: str) -> str:
    return f"arn:{PARTITION}:{service}:{REGION}:{ACCOUNT}:{resource}"


def _bucket(name: str, state: dict[str, Any]) -> None:
    state.setdefault("bucket", f"{name}-0000")
    state["arn"] = f"arn:{PARTITION}:s3:::{state['bucket']}"


def _table_bucket(_name: str, state: dict[str, Any]) -> None:
    state["arn"] = arn("s3tables", f"bucket/{state['name']}-arn")


def _named(service: str, kind: str, key: str = "name") -> Callable[[str, dict[str, Any]], None]:
    """Compute the name that is left to Pulumi, and the ARN."""

    def compute(name: str, state: dict[str, Any]) -> None:
        state.setdefault(key, f"{name}-9999")
        state["arn"] = arn(service, f"{kind}{name}-arn")

    return compute


def _policy(name: str, state: dict[str, Any]) -> None:
    state["arn"] = f"arn:{PARTITION}:iam::{ACCOUNT}:policy/{name}-policy-arn"


def _table(_name: str, state: dict[str, Any]) -> None:
    state["tableArn"] = f"{state['tableBucketArn']}/table/uuid-of-{state['tableName']}"


def _workgroup(name: str, state: dict[str, Any]) -> None:
    state["name"] = f"{name}-1111"
    state["arn"] = arn("athena", f"workgroup/{name}-arn")


def _log_group(_name: str, state: dict[str, Any]) -> None:
    state.setdefault("name", f"{state.get('namePrefix', '')}2222")
    state["arn"] = arn("logs", f"log-group-arn:{state['name']}")


def _log_stream(_name: str, state: dict[str, Any]) -> None:
    state["arn"] = arn("logs", f"log-stream-arn:{state['logGroupName']}:{state['name']}")


def _role(name: str, state: dict[str, Any]) -> None:
    state["name"] = f"{name}-3333"
    state["arn"] = f"arn:{PARTITION}:iam::{ACCOUNT}:role/{name}-role-arn"


def _function(name: str, state: dict[str, Any]) -> None:
    state["name"] = f"{name}-4444"
    state["arn"] = arn("lambda", f"function:{name}-arn")
    state["version"] = "7"


def _alias(_name: str, state: dict[str, Any]) -> None:
    state["arn"] = arn("lambda", f"function:{state['functionName']}:{state['name']}")


def _stream(_name: str, state: dict[str, Any]) -> None:
    state["arn"] = arn("firehose", f"deliverystream/{state['name']}-arn")


def _pool(name: str, state: dict[str, Any]) -> None:
    state["arn"] = arn("cognito-idp", f"userpool/{name}-arn")


def _api(name: str, state: dict[str, Any]) -> None:
    state["rootResourceId"] = f"{name}-root"
    state["name"] = f"{name}-name"
    state["executionArn"] = arn("execute-api", f"{name}-execution")


def _stage(name: str, state: dict[str, Any]) -> None:
    state["invokeUrl"] = f"https://{name}.example/{state['stageName']}"


def _items(name: str, state: dict[str, Any]) -> None:
    state["name"] = f"{name}-5555"
    state["arn"] = arn("dynamodb", f"table/{name}-arn")


def _queue(name: str, state: dict[str, Any]) -> None:
    state["name"] = f"{name}-6666"
    state["url"] = f"https://queues.example/{name}-6666"
    state["arn"] = arn("sqs", f"{name}-arn")


def _schedule_group(name: str, state: dict[str, Any]) -> None:
    state["name"] = f"{name}-7777"
    state["arn"] = arn("scheduler", f"schedule-group/{name}-arn")


def _schedule(name: str, state: dict[str, Any]) -> None:
    state["name"] = f"{name}-8888"


COMPUTED: dict[str, Callable[[str, dict[str, Any]], None]] = {
    "aws:s3/bucket:Bucket": _bucket,
    "aws:s3tables/tableBucket:TableBucket": _table_bucket,
    "aws-native:s3tables:Table": _table,
    "aws:athena/workgroup:Workgroup": _workgroup,
    "aws:cloudwatch/logGroup:LogGroup": _log_group,
    "aws:cloudwatch/logStream:LogStream": _log_stream,
    "aws:dynamodb/table:Table": _items,
    "aws:iam/role:Role": _role,
    "aws:lambda/function:Function": _function,
    "aws:lambda/alias:Alias": _alias,
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": _stream,
    "aws:cognito/userPool:UserPool": _pool,
    "aws:apigateway/restApi:RestApi": _api,
    "aws:apigateway/stage:Stage": _stage,
    "aws:sqs/queue:Queue": _queue,
    "aws:sns/topic:Topic": _named("sns", ""),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _named("cloudwatch", "alarm:"),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": _named("cloudwatch", "alarm:", "alarmName"),
    "aws:iam/policy:Policy": _policy,
    "aws:scheduler/scheduleGroup:ScheduleGroup": _schedule_group,
    "aws:scheduler/schedule:Schedule": _schedule,
}


class FakeAws(pulumi.runtime.Mocks):
    """Returns what AWS would compute; in a preview nothing is computed yet, and ids are unknown."""

    def __init__(self, *, preview: bool = False) -> None:
        self.preview = preview
        self.calls: list[str] = []

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        if not args.custom:
            return "", {}
        state = dict(args.inputs)
        if self.preview:
            return "", state
        COMPUTED.get(args.typ, lambda _name, _state: None)(args.name, state)
        return f"{args.name}-id", state

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:  # type: ignore[override] - mocks take both
        self.calls.append(args.token)
        match args.token:
            case "aws:index/getCallerIdentity:getCallerIdentity":
                return {"accountId": ACCOUNT}
            case "aws:index/getRegion:getRegion":
                return {"region": REGION}
            case "aws:index/getPartition:getPartition":
                return {"partition": PARTITION}
        raise AssertionError(f"unmocked provider call {args.token}")
