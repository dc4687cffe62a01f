"""A deployment whose roles lose their statements, one at a time, and what is seen of it."""

import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from ministack.services import sqs

from embedded_aws.engine import Stack
from embedded_aws.server import EmbeddedAws
from tools.outputs import StackOutputs

PROJECT = Path(__file__).parents[2]
SETTINGS_FILE = "Pulumi.dev.yaml"
SETTLED_SECONDS, UNREAD_SECONDS = 300, 5
ROLE, LOG_GROUP = "aws:iam/role:Role", "aws:cloudwatch/logGroup:LogGroup"
FAILURES = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
SCHEDULE = "aws:scheduler/schedule:Schedule"
SETTINGS = {
    "saas-metering:deliveryRetrySeconds": "0",
    "saas-metering:transformRetries": "0",
    "saas-metering:lateUsageMonths": "1",
}
"""Streams put aside at once what they cannot deliver, and a month's late usage is looked for in the one before."""

_SUFFIX = re.compile(r"-[0-9a-f]{7}(?=$|[/:])")
_TABLE_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Document = dict[str, Any]


@dataclass
class Policies:
    """All that permits a role anything: inline policies, and managed ones that are its own.

    Documents are kept as they were deployed.
    """

    iam: Any
    role: str

    @cached_property
    def documents(self) -> Mapping[str, Document]:
        """By the policy's name, or by the ARN of a managed one."""
        found: dict[str, Document] = {}
        for name in self.iam.list_role_policies(RoleName=self.role)["PolicyNames"]:
            found[name] = self.iam.get_role_policy(RoleName=self.role, PolicyName=name)["PolicyDocument"]
        for policy in self.iam.list_attached_role_policies(RoleName=self.role)["AttachedPolicies"]:
            arn = policy["PolicyArn"]
            version = self.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            whole = self.iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
            found[arn] = json.loads(whole) if isinstance(whole, str) else whole
        return found

    def statements(self) -> dict[str, tuple[str, Document]]:
        """Give each statement and its policy, by what the statement is called."""
        every = [
            (called(statement), policy, statement)
            for policy, document in self.documents.items()
            for statement in document["Statement"]
        ]
        found = {name: (policy, statement) for name, policy, statement in every}
        assert len(found) == len(every), f"{self.role}: two statements have one name"
        return found

    @contextmanager
    def without(self, *names: str) -> Iterator[None]:
        """Take statements away for a while."""
        taken = [self.statements()[name] for name in names]
        changed = {policy for policy, _ in taken}
        for policy in changed:
            whole = self.documents[policy]
            left = [one for one in whole["Statement"] if (policy, one) not in taken]
            self._put(policy, {**whole, "Statement": left})
        try:
            yield
        finally:
            for policy in changed:
                self._put(policy, self.documents[policy])

    def _put(self, policy: str, document: Document) -> None:
        # A policy must not be empty: one that permits what nobody asks for stands for it.
        nothing = {"Effect": "Allow", "Action": "iam:GetContextKeysForCustomPolicy", "Resource": "*"}
        text = json.dumps({**document, "Statement": document["Statement"] or [nothing]})
        if not policy.startswith("arn:"):
            self.iam.put_role_policy(RoleName=self.role, PolicyName=policy, PolicyDocument=text)
            return
        versions = self.iam.list_policy_versions(PolicyArn=policy)["Versions"]
        for version in versions:
            if not version["IsDefaultVersion"]:
                self.iam.delete_policy_version(PolicyArn=policy, VersionId=version["VersionId"])
        self.iam.create_policy_version(PolicyArn=policy, PolicyDocument=text, SetAsDefault=True)


def called(statement: Document) -> str:
    """Name a statement: its first action, and the first of what it is about, without what is random in a name."""
    resources = sorted(_short(arn) for arn in statement["Resource"])
    return f"{statement['Action'][0]} {resources[0]}"


def _short(arn: str) -> str:
    last = arn if arn == "*" else arn.split(":", 5)[-1]
    return _TABLE_ID.sub("id", _SUFFIX.sub("", last))


@dataclass
class Deployment:
    """The program deployed once more beside the session's own, under a name of its own."""

    aws: EmbeddedAws
    stack: Stack
    outputs: StackOutputs
    since: datetime = field(default_factory=lambda: datetime.now(UTC))

    @classmethod
    def up(cls, aws: EmbeddedAws, name: str = "sweep", config: Mapping[str, str] | None = None) -> "Deployment":
        text = (PROJECT / SETTINGS_FILE).read_text(encoding="utf-8")
        settings = {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in yaml.safe_load(text)["config"].items()
        }
        stack = Stack(PROJECT, name, aws.session(), config={**settings, **SETTINGS, **(config or {})})
        exports = dict(stack.up().exports)
        outputs = StackOutputs.of({**exports, "endpoint_url": aws.url})
        made = cls(aws, stack, outputs)
        made._give_up_at_once()
        made._keep_schedules_still()
        return made

    def _keep_schedules_still(self) -> None:
        """Let no schedule call anything by itself while a role lacks a statement."""
        scheduler = self.client("scheduler")
        for one in self._of_type(SCHEDULE):
            place = {"Name": one.outputs["name"], "GroupName": one.outputs["groupName"]}
            found = scheduler.get_schedule(**place)
            kept = {name: found[name] for name in ("ScheduleExpression", "FlexibleTimeWindow", "Target")}
            scheduler.update_schedule(**place, **kept, State="DISABLED")

    def _give_up_at_once(self) -> None:
        """Let what fails be put aside at its first failure: that it is tried again is shown elsewhere."""
        functions, queues = self.client("lambda"), self.client("sqs")
        for one in self._of_type(FAILURES):
            place = {"FunctionName": one.outputs["functionName"], "Qualifier": one.outputs["qualifier"]}
            destination = functions.get_function_event_invoke_config(**place)["DestinationConfig"]
            functions.put_function_event_invoke_config(**place, DestinationConfig=destination, MaximumRetryAttempts=0)
        tasks = queues.get_queue_url(QueueName=self.outputs.billing_queue_name)["QueueUrl"]
        found = queues.get_queue_attributes(QueueUrl=tasks, AttributeNames=["RedrivePolicy"])["Attributes"]
        redrive = {**json.loads(found["RedrivePolicy"]), "maxReceiveCount": 1}
        queues.set_queue_attributes(QueueUrl=tasks, Attributes={"RedrivePolicy": json.dumps(redrive)})

    def _of_type(self, type_: str) -> list[Any]:
        return [one for one in self.stack.resources if one.type == type_]

    def client(self, service: str) -> Any:
        return self.aws.session().client(service)

    def roles(self) -> dict[str, str]:
        """Give the physical name of every role of the deployment by its logical one."""
        return {one.name: one.id for one in self._of_type(ROLE)}

    def policies(self, role: str) -> Policies:
        return Policies(self.client("iam"), self.roles()[role])

    def log_group(self, part: str) -> str:
        """Give the log group of a function, or of a stream, by its logical name."""
        [found] = [one for one in self._of_type(LOG_GROUP) if one.name == f"{part}-logs"]
        return str(found.outputs["name"])

    def lines(self, part: str, since: datetime) -> list[str]:
        """Give the messages of a log group."""
        pages = (
            self.client("logs")
            .get_paginator("filter_log_events")
            .paginate(logGroupName=self.log_group(part), startTime=int(since.timestamp() * 1000))
        )
        return [line["message"] for page in pages for line in page["events"]]

    def complaints(self, part: str, since: datetime) -> list[str]:
        """Give what a function's log has above information."""
        return [
            line for line in self.lines(part, since) if '"ERROR"' in line or '"WARNING"' in line or '"WARN"' in line
        ]

    def settle(self) -> list[str]:
        """Wait until all is at rest, and give what stays in a queue that nobody may read.

        A task that failed is put aside at once: AWS would wait for half an hour until it may be seen again.
        """
        activity, end, resting = self.aws.activity, time.monotonic() + SETTLED_SECONDS, time.monotonic()
        tasks = f"arn:aws:sqs:{self.aws.region}:{self.aws.account}:{self.outputs.billing_queue_name}"
        while under_way := activity.under_way():
            assert time.monotonic() < end, f"still under way: {under_way}"
            if not all(what.startswith("messages in ") for what in under_way):
                resting = time.monotonic()
            elif time.monotonic() - resting > UNREAD_SECONDS:
                return [f"{count} {what}" for what, count in under_way.items()]
            else:
                with activity.lock:
                    for message in sqs._queue_by_arn(tasks)["messages"]:
                        message["visible_at"] = 0
            time.sleep(0.02)
        return []

    def deliver(self, stream: str) -> str:
        """Wait until a stream has delivered all that it holds, or is stuck; give why it is."""
        end = time.monotonic() + SETTLED_SECONDS
        while True:
            counts = self.aws.firehose.flush(stream, timeout=0.2).streams[stream]
            if not counts.undelivered or counts.stuck:
                return counts.stuck
            assert time.monotonic() < end, f"{stream} still holds {counts.undelivered} records"

    def letters(self) -> list[str]:
        """Take all messages out of the dead-letter queue."""
        queues, url, found = self.client("sqs"), self.outputs.billing_dead_letter_queue_url, []
        while messages := queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                found.append(message["Body"])
                queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found
