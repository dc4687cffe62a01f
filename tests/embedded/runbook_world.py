"""A deployed stack whose things break: what the runbook's test does to it, and how it lets time pass."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import urllib3

from billing.holds import hold, subject_of
from billing.records import Hold
from embedded_aws.clock import CLOCK
from embedded_aws.controls import InvalidControlError
from embedded_aws.engine import Stack
from embedded_aws.server import EmbeddedAws
from metering.access_log import ABSENT, FIELDS, VERSION, VERSION_KEY
from rating.period import Period
from tests.embedded.permissions_kit import Role
from tools.embedded import Embedded
from tools.operate.stack import OperatorStack
from tools.outputs import StackOutputs
from tools.people import User

BEYOND = timedelta(hours=60)
"""So far the clock is put ahead at first: what other tests left lies beyond the hours that are reconciled again."""
HOURS_UNBILLED = timedelta(hours=12)
AT_RISK = "usage-data-at-risk"
STACK = "dev"
"""What the runbook calls the on-call's stack."""


@dataclass
class World:
    """The stack, its clock and its on-call's `pulumi`."""

    aws: EmbeddedAws
    stack: Stack
    exports: dict[str, Any]
    outputs: StackOutputs
    user: User
    config: dict[str, str] = field(default_factory=dict)
    """What the on-call has configured, by key."""
    billed: datetime | None = None
    """When billing ran last, by itself."""

    def client(self, service: str) -> Any:
        return self.outputs.session().client(service)

    @property
    def embedded(self) -> Embedded:
        return Embedded(self.aws.url)

    def prepare(self) -> None:
        """Begin with an empty error bucket, an empty queue and reconciled hours, and answer for `pulumi`."""
        self.aws.controls.add("POST", "pulumi", self._pulumi)
        self.aws.firehose.flush()
        s3 = self.client("s3")
        for bucket in (self.outputs.error_bucket_name, self.outputs.usage_events_error_bucket_name):
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
                for one in page.get("Contents", []):
                    s3.delete_object(Bucket=bucket, Key=one["Key"])
        self.let_pass(BEYOND)
        # What the faults leave open would keep this month from being final, should its day come, and a letter say so.
        month = Hold(subject_of(Period.of(CLOCK.now())), "arn:aws:iam::000000000000:root", "faults", "")
        hold(OperatorStack(self.outputs, as_caller=True).store, month)
        self.rest()
        self.clear_letters()

    def rest(self) -> None:
        """Let the hour's reconciliation run, and the day's billing, and alarms see it."""
        self.reconcile()
        if self.billed is None or CLOCK.now() - self.billed > HOURS_UNBILLED:
            self.bill()
        self.let_pass(timedelta(minutes=2))

    def let_pass(self, time: timedelta) -> None:
        """Let what is under way be delivered, if it can be, time pass, and alarms be evaluated."""
        self.aws.firehose.flush(timeout=10)
        CLOCK.advance(time)
        self.aws.alarms.evaluate()

    def state(self, alarm: str) -> str:
        """Tell the state of an alarm by its role, evaluated now."""
        name = self.exports["usage_at_risk_alarm_name"] if alarm == AT_RISK else self.exports["alarm_names"][alarm]
        return self.aws.alarms.evaluate()[name]

    def on(self) -> set[str]:
        """Name the alarms that are on, by their roles."""
        states = self.aws.alarms.evaluate()
        return {role for role, name in self.exports["alarm_names"].items() if states[name] == "ALARM"}

    def reconcile(self) -> None:
        """Let the hour's schedule call the reconciler."""
        self._fire("reconciliation_schedule")

    def bill(self) -> None:
        """Let the day's schedule call the planner."""
        self._fire("billing_schedule")
        self.billed = CLOCK.now()

    def clear_letters(self) -> None:
        self.client("sqs").purge_queue(QueueUrl=self.outputs.billing_dead_letter_queue_url)

    def call(self, times: int, *, signed_in: bool = False) -> list[int]:
        """Call the product; without a token, too, a request is a row."""
        headers = {"Authorization": self.user.id_token} if signed_in else {}
        url = f"{self.outputs.rest_api_url}/random/strings?len=4&num=1"
        return [urllib3.request("GET", url, headers=headers, retries=False).status for _ in range(times)]

    def send_event(self, key: str) -> int:
        """Send an event of usage; give the answer's status."""
        event = {"specversion": "1.0", "type": "com.example.tokens", "source": "/runbook", "id": key}
        event |= {"data": {"value": 1, "model": "small"}}
        headers = {"Authorization": self.user.id_token, "Content-Type": "application/cloudevents+json"}
        url = f"{self.outputs.rest_api_url}/events"
        return urllib3.request("POST", url, body=json.dumps(event), headers=headers, retries=False).status

    def put_line(self, key: str, **values: str) -> None:
        """Put an access-log line on the stream of requests, as somebody may who is no API Gateway."""
        line = {VERSION_KEY: VERSION} | {one.log_key: ABSENT for one in FIELDS if one.log_key}
        line |= {"extended_request_id": key, "request_id": key, "status": "200"}
        line |= {"request_time_epoch": str(int(CLOCK.now().timestamp() * 1000)), **values}
        self.put(json.dumps(line))

    def put(self, line: str) -> None:
        stream = self.outputs.delivery_stream_name
        self.client("firehose").put_record(DeliveryStreamName=stream, Record={"Data": line.encode()})

    def fault(self, kind: str, target: str, **more: Any) -> Callable[[], None]:
        """Set a fault; give what clears it."""
        name = f"runbook-{kind}"
        self._control("faults", {"set": [{"name": name, "kind": kind, "target": target, **more}]})
        return lambda: self._control("faults", {"clear": [name]})

    def lost_lines(self) -> list[str]:
        """Return the access-log lines that no stream took. AWS has no such list."""
        answer = urllib3.request("GET", f"{self.aws.url}/_embedded/lost-lines").json()
        return [one["line"] for one in answer["lines"]]

    def function(self, role: str) -> str:
        """Name a function by the first part of its logical name."""
        [found] = [one for one in self.stack.resources if one.urn.endswith(f"::{role}-function")]
        return str(found.outputs["name"])

    def stream_role(self) -> Role:
        """Return the role in which Firehose delivers requests."""
        name = self.outputs.delivery_stream_name
        stream = self.client("firehose").describe_delivery_stream(DeliveryStreamName=name)
        [destination] = stream["DeliveryStreamDescription"]["Destinations"]
        arn = destination["IcebergDestinationDescription"]["RoleARN"]
        return Role(self.client("iam"), arn.rsplit("/", 1)[-1])

    def unreplayed(self) -> int:
        """Count the objects in the requests' error bucket that no replay has marked."""
        bucket = self.outputs.error_bucket_name
        keys = {one["Key"] for one in self.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])}
        found = self.client("dynamodb").query(
            TableName=self.exports["actions_table_name"],
            KeyConditionExpression="pk = :bucket",
            ExpressionAttributeValues={":bucket": {"S": f"REPLAY#{bucket}"}},
        )
        return len(keys - {item["sk"]["S"] for item in found["Items"] if item["state"]["S"] == "done"})

    def _fire(self, schedule: str) -> None:
        name = f"{self.exports[f'{schedule}_group_name']}/{self.exports[f'{schedule}_name']}"
        self.embedded.fire(name, CLOCK.now())
        self.embedded.settle(120)

    def _control(self, path: str, body: dict[str, Any]) -> None:
        answer = urllib3.request("POST", f"{self.aws.url}/_embedded/{path}", body=json.dumps(body))
        assert answer.status == 200, answer.data

    def _pulumi(self, body: dict[str, Any]) -> dict[str, Any]:
        """Do what the on-call asks Pulumi for, if it is about this stack: another one of the account is selected."""
        arguments = list(body["arguments"])
        if "--stack" in arguments:
            place = arguments.index("--stack")
            _, body["selected"] = arguments[place : place + 2]
            del arguments[place : place + 2]
        if body["selected"] != STACK:
            raise InvalidControlError(f"pulumi {' '.join(arguments)}: is about stack {body['selected']}, not {STACK}")
        match arguments:
            case ["stack", "output", *options]:
                return {"printed": self._output(options)}
            case ["stack", "export"]:
                return {"printed": json.dumps({"deployment": {"resources": list(self._exported())}}, default=str)}
            case ["config", "set", str(key), str(value)]:
                self.config[f"saas-metering:{key}"] = value
                return {"printed": ""}
            case ["up", *options] if set(options) <= {"--refresh"}:
                if options:
                    self.stack.refresh()
                self.stack._config.update(self.config)
                return {"printed": str(self.stack.up().counts)}
            case _:
                raise InvalidControlError(f"pulumi {' '.join(arguments)}: not stood in for")

    def _exported(self) -> Iterator[dict[str, Any]]:
        """Yield resources as Pulumi's state has them, with those that are still to be deleted after a replacement."""
        for one in self.stack.resources:
            told = {"urn": one.urn, "type": one.type, "outputs": one.outputs}
            yield told
            yield {**told, "outputs": {**one.outputs, "name": "replaced"}, "delete": True}

    def _output(self, options: list[str]) -> str:
        exports = {**self.exports, "endpoint_url": self.aws.url}
        names = [one for one in options if not one.startswith("--")]
        value = exports[names[0]] if names else exports
        return value if isinstance(value, str) else json.dumps(value)


def take_away(role: Role, *actions: str) -> None:
    """Take actions away from a role for good, as somebody does by hand."""
    whole = role.document()
    less = [
        {**one, "Action": [action for action in one["Action"] if action not in actions]} for one in whole["Statement"]
    ]
    assert less != whole["Statement"]
    role.put({**whole, "Statement": [one for one in less if one["Action"]]})
