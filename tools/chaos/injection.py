"""How the faults of a plan come about: the embedded AWS is told, or a policy loses statements."""

import copy
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from tools.chaos.plan import REQUESTS, Kind, Planned
from tools.chaos.world import World

_OF_FUNCTIONS = {
    Kind.CRASH: "crash",
    Kind.TIMEOUT: "timeout",
    Kind.NONSENSE: "nonsense",
    Kind.KILL: "kill",
}
_TO_INVOKE, _TO_WRITE = "lambda:InvokeFunction", "glue:UpdateTable"
_LOST_ACTION = {Kind.NO_INVOKE: _TO_INVOKE, Kind.NO_TABLE: _TO_WRITE}
_FLUSH_SECONDS, _BLOCKED_SECONDS = 120.0, 2.0
_THROTTLED = 0.3
"""Part of the puts that a throttling stream refuses, besides the first."""
_MORE = "-more"
"""Ends the name of what else a fault is made of, as the embedded AWS knows faults."""
_CRASHING = {Kind.API_KILL: 0.03, Kind.EVENTS_KILL: 0.4}
"""Part of a function's calls that crash besides: an alarm looks at the part of all requests, and a process that is
killed takes long to be made anew."""


@dataclass(frozen=True)
class _Pipeline:
    stream: str
    function: str
    bucket: str
    table: str


@dataclass
class Injected:
    """A fault that has begun.

    Attributes:
        planned: what was planned.
        at: when it began, by the embedded clock.
        until: when it ended; None if it goes on.
        struck: how often it has struck: calls, records or rows by its kind; None if nobody counts that.
    """

    planned: Planned
    at: datetime
    until: datetime | None = None
    struck: int | None = None


@dataclass
class Injector:
    """Begins and ends faults.

    Args:
        world: in which.
    """

    world: World
    injected: dict[str, Injected] = field(default_factory=dict)

    def __post_init__(self) -> None:
        outputs, session = self.world.outputs, self.world.outputs.session()
        self._iam: Any = session.client("iam")
        self._firehose: Any = session.client("firehose")
        self._pipelines = {
            REQUESTS: _Pipeline(
                outputs.delivery_stream_name,
                outputs.transform_function_name,
                outputs.error_bucket_name,
                outputs.table_name,
            ),
            "events": _Pipeline(
                outputs.usage_events_stream_name,
                outputs.usage_events_transform_function_name,
                outputs.usage_events_error_bucket_name,
                outputs.usage_events_table_name,
            ),
        }
        self._functions = _functions_of_routes(session.client("apigateway"), outputs.rest_api_url)
        self._taken: dict[str, list[tuple[str, str, str]]] = {}

    def flush(self) -> None:
        """Have the streams deliver what they hold, as far as they can: a blocked error bucket stops its stream."""
        blocked = {
            one.planned.where for one in self.injected.values() if one.planned.kind is Kind.BUCKET and one.until is None
        }
        for where, pipeline in self._pipelines.items():
            self.world.controls.flush([pipeline.stream], _BLOCKED_SECONDS if where in blocked else _FLUSH_SECONDS)

    def begin(self, faults: Iterable[Planned], at: datetime) -> None:
        """Let faults begin."""
        for fault in faults:
            self.injected[fault.name] = Injected(fault, at)
            if fault.kind in _LOST_ACTION:
                self._take(fault)
            else:
                self.world.controls.faults(set_=self._told(fault))

    def end(self, faults: Iterable[Planned], at: datetime) -> None:
        """Let faults end, and note how often they struck."""
        for fault in faults:
            one = self.injected[fault.name]
            if one.until is not None:
                continue
            one.until = at
            if fault.kind in _LOST_ACTION:
                self._give_back(fault)
            else:
                self.world.controls.faults(clear=[fault.name, f"{fault.name}{_MORE}"])
        self.count()

    def count(self) -> None:
        """Note how often every fault has struck so far."""
        struck = {one["name"]: one["struck"] for one in self.world.controls.faults()}
        for name, one in self.injected.items():
            if name in struck:
                one.struck = struck[name] + struck.get(f"{name}{_MORE}", 0)

    def _told(self, fault: Planned) -> list[dict[str, Any]]:
        pipeline = self._pipelines.get(fault.where)
        name = {"name": fault.name}
        match fault.kind:
            case Kind.API_KILL | Kind.EVENTS_KILL:
                route = "POST /events" if fault.kind is Kind.EVENTS_KILL else "GET /random/strings"
                target, chance = self._functions[route], _CRASHING[fault.kind]
                crash = {"name": f"{fault.name}{_MORE}", "kind": "crash", "target": target, "probability": chance}
                return [{**name, "kind": "kill", "target": target, "count": fault.amount}, crash]
            case _ if pipeline is None:
                raise ValueError(f"fault {fault.name}: {fault.kind} must be of a pipeline, is of {fault.where}")
            case Kind.COMMIT:
                return [{**name, "kind": "commit", "target": pipeline.table}]
            case Kind.BUCKET:
                return [{**name, "kind": "s3", "target": pipeline.bucket}]
            case Kind.THROTTLE:
                told = {"kind": "throttle", "target": pipeline.stream}
                more = {"name": f"{fault.name}{_MORE}", "probability": _THROTTLED}
                return [{**name, **told, "count": 1}, {**told, **more}]
            case Kind.DUPLICATE | Kind.HOLD:
                kind = "hold" if fault.kind is Kind.HOLD else "duplicate"
                return [{**name, "kind": kind, "target": pipeline.stream, "count": fault.amount}]
            case _:
                kind = _OF_FUNCTIONS[fault.kind]
                return [{**name, "kind": kind, "target": pipeline.function, "count": fault.amount}]

    def _take(self, fault: Planned) -> None:
        """Take the statements out of the stream's role that allow an action."""
        role, taken = self._role_of(self._pipelines[fault.where].stream), []
        for policy in self._iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = self._iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
            left = copy.deepcopy(document)
            left["Statement"] = [one for one in document["Statement"] if not _allows(one, _LOST_ACTION[fault.kind])]
            if left != document:
                taken.append((role, policy, json.dumps(document)))
                self._put(role, policy, json.dumps(left))
        if not taken:
            raise ValueError(f"fault {fault.name}: role {role} must allow {_LOST_ACTION[fault.kind]}")
        self._taken[fault.name] = taken

    def _give_back(self, fault: Planned) -> None:
        for role, policy, document in self._taken.pop(fault.name):
            self._put(role, policy, document)

    def _put(self, role: str, policy: str, document: str) -> None:
        self._iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=document)

    def _role_of(self, stream: str) -> str:
        described = self._firehose.describe_delivery_stream(DeliveryStreamName=stream)["DeliveryStreamDescription"]
        arn: str = described["Destinations"][0]["IcebergDestinationDescription"]["RoleARN"]
        return arn.rsplit("/", 1)[-1]


def _allows(statement: dict[str, Any], action: str) -> bool:
    actions = statement["Action"]
    return action in ([actions] if isinstance(actions, str) else actions)


def _functions_of_routes(apigateway: Any, url: str) -> dict[str, str]:
    """Tell the names of the functions behind an API's routes, by method and path."""
    api_id = urlsplit(url).path.rstrip("/").split("/")[-2]
    functions = {}
    for page in apigateway.get_paginator("get_resources").paginate(restApiId=api_id):
        for resource in page["items"]:
            for method in resource.get("resourceMethods") or {}:
                found = apigateway.get_integration(restApiId=api_id, resourceId=resource["id"], httpMethod=method)
                arn = found.get("uri", "").partition("/functions/")[2].partition("/invocations")[0]
                if arn:
                    functions[f"{method} {resource['path']}"] = arn.split(":")[6]
    return functions
