"""The log of an invocation, written to CloudWatch Logs as the function's role may."""

import json
import time
from datetime import UTC, datetime
from typing import Any

from embedded_aws import hooks, iam
from embedded_aws.lambda_runtime.environment import Environment, Outcome
from embedded_aws.lambda_runtime.variables import assume_role, log_group

_LOGS = hooks.use(
    "ministack.services.cloudwatch_logs", "_create_log_group", "_create_log_stream", "_log_groups", "_put_log_events"
)


def lines(config: dict[str, Any], request_id: str, outcome: Outcome) -> list[str]:
    """Frame what the function wrote with the lines that Lambda itself writes, in the function's log format."""
    logging = config.get("LoggingConfig") or {}
    if logging.get("LogFormat") != "JSON":
        return _text(config, request_id, outcome)
    if logging.get("SystemLogLevel", "INFO") == "WARN":
        return outcome.log
    return _json(config, request_id, outcome)


def write(environment: Environment, messages: list[str]) -> None:
    """Put lines into the function's log group, if its role may.

    What the role may not write is lost and the invocation goes on: so it is on AWS, and so a permission missing from
    the program shows.
    """
    if not messages:  # as on AWS, where a function writes as good as nothing if it is told to
        return
    config, group = environment.config, log_group(environment.config)
    _, partition, _, region, account, *_ = config["FunctionArn"].split(":")
    group_arn = f"arn:{partition}:logs:{region}:{account}:log-group:{group}"
    target = {"logGroupName": group, "logStreamName": environment.log_stream}
    try:
        role = assume_role(config)
        if group not in _LOGS._log_groups:
            iam.require(role, "logs:CreateLogGroup", f"{group_arn}:log-stream:")
            _LOGS._create_log_group({"logGroupName": group})
        if environment.log_stream not in _LOGS._log_groups[group]["streams"]:
            iam.require(role, "logs:CreateLogStream", f"{group_arn}:log-stream:{environment.log_stream}")
            _LOGS._create_log_stream(target)
        iam.require(role, "logs:PutLogEvents", f"{group_arn}:log-stream:{environment.log_stream}")
    except iam.AccessDeniedError:
        return
    now = int(time.time() * 1000)
    _LOGS._put_log_events({**target, "logEvents": [{"timestamp": now, "message": message} for message in messages]})


def _milliseconds(outcome: Outcome) -> str:
    return f"{outcome.seconds * 1000:.2f}"


def _billed(outcome: Outcome) -> int:
    return -int(-outcome.seconds * 1000 // 1)  # Lambda bills begun milliseconds


def _text(config: dict[str, Any], request_id: str, outcome: Outcome) -> list[str]:
    report = "\t".join(
        [
            f"REPORT RequestId: {request_id}",
            f"Duration: {_milliseconds(outcome)} ms",
            f"Billed Duration: {_billed(outcome)} ms",
            f"Memory Size: {config['MemorySize']} MB",
            f"Max Memory Used: {outcome.memory} MB",
        ]
    )
    start = f"START RequestId: {request_id} Version: {config['Version']}"
    return [start, *outcome.log, f"END RequestId: {request_id}", report]


def _json(config: dict[str, Any], request_id: str, outcome: Outcome) -> list[str]:
    def platform(kind: str, **record: Any) -> str:
        stamp = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
        return json.dumps({"time": stamp, "type": f"platform.{kind}", "record": {"requestId": request_id, **record}})

    metrics = {
        "durationMs": float(_milliseconds(outcome)),
        "billedDurationMs": _billed(outcome),
        "memorySizeMB": config["MemorySize"],
        "maxMemoryUsedMB": outcome.memory,
    }
    status = "success"
    if outcome.failed:
        status = "timeout" if outcome.payload.get("errorType") == "Sandbox.Timedout" else "error"
    start = platform("start", version=config["Version"])
    return [start, *outcome.log, platform("report", metrics=metrics, status=status)]
