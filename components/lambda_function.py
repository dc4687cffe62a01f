"""A Lambda function with its role, its log group and an alias that callers use."""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components import _iam, _rules
from components._archive import lambda_archive
from components._grants import grant_reading
from components._iam_lake import query_lake
from components._names import place_of
from components.queried_lake import QueriedLakeArgs

ALIAS = "live"
TIMEOUT_SECONDS: _rules.Bounds = (1, 900)
MEMORY_MB: _rules.Bounds = (128, 10_240)
"""Lambda's bounds."""


class LambdaFunctionArgs(TypedDict):
    """Inputs of `LambdaFunction`."""

    handler: str
    """Entry point below `lambda_src`, such as `handlers.transform.handler`."""
    description: NotRequired[pulumi.Input[str]]
    """What the function does; empty if absent."""
    environment: NotRequired[dict[str, pulumi.Input[str]]]
    """Environment variables; none if absent."""
    statements: NotRequired[list[dict[str, Any]]]
    """IAM policy statements that the function's role gets, besides writing to its own log group; none if absent."""
    lake: NotRequired[QueriedLakeArgs]
    """A lake that the function queries, which its role is permitted and granted; none if absent."""
    files: NotRequired[dict[str, str]]
    """Further files of the function's zip: text by path; none if absent."""
    memory_mb: NotRequired[int]
    """Memory in MB, 128 to 10240; 128 if absent."""
    timeout_seconds: NotRequired[int]
    """Seconds before a call is cut off, 1 to 900; 10 if absent."""
    log_retention_days: NotRequired[int]
    """Days that log events are kept, one of CloudWatch Logs' periods; 30 if absent."""


class LambdaFunction(pulumi.ComponentResource):
    """One function whose callers use an alias, so that each deployment is a published version.

    Creates: log group with retention, role with policy, grants if it queries a lake that Lake Formation guards,
    function, alias `live`.
    Hands on: `arn` to whatever calls the function.
    """

    arn: pulumi.Output[str]
    """ARN of the alias: what callers name."""
    name: pulumi.Output[str]
    """Name of the function."""
    role_name: pulumi.Output[str]
    """Name of the function's role."""
    log_group_name: pulumi.Output[str]
    """Name of the function's log group."""

    def __init__(self, name: str, args: LambdaFunctionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        _check(name, args)
        super().__init__("saas-metering:index:LambdaFunction", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        place = place_of(self)
        # The group is there before the function can make one of its own, which would keep events for ever.
        logs = aws.cloudwatch.LogGroup(
            f"{name}-logs",
            name_prefix=f"/aws/lambda/{name}-",
            retention_in_days=args.get("log_retention_days", 30),
            opts=child,
        )
        role = aws.iam.Role(f"{name}-role", assume_role_policy=_iam.trust_lambda(place.account_id), opts=child)
        policy = aws.iam.RolePolicy(
            f"{name}-policy",
            role=role.name,
            policy=_iam.policy(_iam.write_log_events(logs.arn), *args.get("statements", []), *_to_query(args)),
            opts=child,
        )
        grants = grant_reading(name, role.arn, args["lake"], place=place, opts=child) if "lake" in args else []
        # A version is called as soon as the alias names it: its role can do then whatever it will ever.
        function = _function(name, args, role, logs, pulumi.ResourceOptions(parent=self, depends_on=[policy, *grants]))
        alias = aws.lambda_.Alias(
            f"{name}-{ALIAS}",
            name=ALIAS,
            function_name=function.name,
            function_version=function.version,
            opts=child,
        )
        self.arn = alias.arn
        self.name = function.name
        self.role_name = role.name
        self.log_group_name = logs.name
        self.register_outputs({key: getattr(self, key) for key in LambdaFunction.__annotations__})


def _to_query(args: LambdaFunctionArgs) -> list[_iam.Statement]:
    return query_lake(args["lake"]) if "lake" in args else []


def _check(name: str, args: LambdaFunctionArgs) -> None:
    amounts = {
        "memory_mb": (args.get("memory_mb", 128), MEMORY_MB),
        "timeout_seconds": (args.get("timeout_seconds", 10), TIMEOUT_SECONDS),
    }
    _rules.check_amounts(name, amounts)
    _rules.check_retention(f"{name}: log_retention_days", int(args.get("log_retention_days", 30)))


def _function(
    name: str,
    args: LambdaFunctionArgs,
    role: aws.iam.Role,
    logs: aws.cloudwatch.LogGroup,
    opts: pulumi.ResourceOptions,
) -> aws.lambda_.Function:
    environment: Mapping[str, pulumi.Input[str]] = args.get("environment", {})
    return aws.lambda_.Function(
        f"{name}-function",
        role=role.arn,
        description=args.get("description"),
        code=lambda_archive(texts=args.get("files")),
        handler=args["handler"],
        runtime=aws.lambda_.Runtime.PYTHON3D13,
        architectures=["arm64"],
        memory_size=args.get("memory_mb", 128),
        timeout=args.get("timeout_seconds", 10),
        environment={"variables": environment} if environment else None,
        logging_config={
            "log_format": "JSON",
            "log_group": logs.name,
            "application_log_level": "INFO",
            "system_log_level": "WARN",
        },
        publish=True,
        opts=opts,
    )
