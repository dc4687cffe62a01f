"""Billing on the embedded AWS without the program: tables, bucket, queues and lake; planner and worker in process."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from billing.config import Config
from billing.parts import Parts, connect
from billing.planner import plan
from billing.store import AccountItem
from billing.worker import work
from embedded_aws.server import EmbeddedAws
from metering import tombstone
from metering.records import API_REQUESTS, TABLES
from tests.embedded import usage_kit
from tests.embedded.athena_kit import Lake
from tests.embedded.gateway_kit import client, unique

KEYS = {
    "subscriptions": ("shard", "tenant_id"),
    "invoices": ("pk", "sk"),
    "reconciliation": ("source", "hour"),
    "usage": ("tenant_id", "period"),
}
SETTINGS = {
    "seller": {"legal_name": "Seller Ltd", "address": ["1 Road"], "tax_id": "GB1", "email": None},
    "payment_terms_days": 14,
    "grace_hours": 72,
    "late_usage_months": 3,
    "retention_days": 3650,
    "object_lock_mode": "GOVERNANCE",
    "invoice_prefix": "INV",
    "credit_note_prefix": "CN",
    "require_reconciliation": False,
}
CUSTOMER = {"legal_name": "Customer Ltd", "email": "in@customer.example", "address": ["2 Street"], "tax_rate": "20"}

_QUEUES = "arn:aws:sqs:us-east-1:000000000000:"


@dataclass
class Billing:
    """One deployment of billing; `deliveries` counts what the workers did."""

    aws: EmbeddedAws
    catalog: Mapping[str, Any]
    lake: Lake
    calls: list[Mapping[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.name = unique("billing")
        dynamodb, sqs = client(self.aws, "dynamodb"), client(self.aws, "sqs")
        for table, keys in KEYS.items():
            dynamodb.create_table(
                TableName=f"{self.name}-{table}",
                BillingMode="PAY_PER_REQUEST",
                KeySchema=[
                    {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=True)
                ],
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            )
        client(self.aws, "s3").create_bucket(Bucket=self.name, ObjectLockEnabledForBucket=True)
        self.dead_letters = sqs.create_queue(QueueName=f"{self.name}-dead-letters")["QueueUrl"]
        redrive = {"deadLetterTargetArn": self._arn(self.dead_letters), "maxReceiveCount": 2}
        attributes = {"RedrivePolicy": json.dumps(redrive), "VisibilityTimeout": "0"}
        self.queue = sqs.create_queue(QueueName=f"{self.name}-tasks", Attributes=attributes)["QueueUrl"]
        self._listen()
        read = {
            API_REQUESTS.role,
            *(meter.get("table", API_REQUESTS.role) for meter in self.catalog["meters"].values()),
        }
        self.tables = {role: usage_kit.make_table(self.lake, TABLES[role]) for role in sorted(read)}
        self.tables[tombstone.ROLE] = usage_kit.make_tombstones(self.lake)
        self.table = self.tables[API_REQUESTS.role]
        connected = connect(Config.read(self.environment()), self.catalog, self.aws.session())
        self.parts: Parts = replace(connected, call_planner=self.calls.append)

    def environment(self) -> dict[str, str]:
        return {
            **{f"{table.upper()}_TABLE": f"{self.name}-{table}" for table in KEYS},
            "INVOICE_BUCKET": self.name,
            "TASK_QUEUE_URL": self.queue,
            "DEAD_LETTER_QUEUE_URL": self.dead_letters,
            "ATHENA_WORKGROUP": self.lake.workgroup,
            "ATHENA_CATALOG": f"s3tablescatalog/{self.lake.bucket}",
            "DATABASE_NAME": self.lake.namespace,
            "TABLE_NAMES": json.dumps(self.tables),
            "BILLING_SETTINGS": json.dumps(SETTINGS),
        }

    def account(self, tenant_id: str, *subscriptions: tuple[str, str, str | None], **customer: Any) -> None:
        plans = [{"plan": plan, "start": start, "end": end} for plan, start, end in subscriptions]
        account = {"customer": {**CUSTOMER, **customer}, "subscriptions": plans}
        self.parts.store.put_account(AccountItem(tenant_id, account, 0), "2026-01-01T00:00:00Z")

    def requests(self, *groups: tuple[str, str, int, str | None]) -> None:
        """Write rows: tenant, day, number, and when they arrive, a minute later if that is None."""
        rows = []
        for tenant, day, count, arrived in groups:
            time = datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC)
            ingested = datetime.fromisoformat(arrived).replace(tzinfo=UTC) if arrived else time + timedelta(minutes=1)
            for number in range(count):
                key = f"{tenant}-{day}-{arrived}-{number}"
                rows.append(
                    {
                        "extended_request_id": key,
                        "request_id": key,
                        "request_time": time,
                        "ingested_at": ingested,
                        "tenant_id": tenant,
                        "user": f"user-{number % 2}",
                        "status": 200,
                        "response_length": 10,
                        "billable": True,
                    }
                )
        self.lake.append(rows, self.table)

    def run(self, time: str) -> None:
        """Let the planner plan a moment, and the workers do what follows, to the end."""
        self.calls.append({"scheduled_time": time})
        while self.calls:
            plan(self.parts, self.calls.pop(0))
            self.drain()

    def drain(self) -> None:
        """Give the workers every message of the queue, as Lambda does, until there is none."""
        sqs = client(self.aws, "sqs")
        while messages := self._receive(self.queue):
            for message in messages:
                record = {
                    "messageId": message["MessageId"],
                    "body": message["Body"],
                    "attributes": message["Attributes"],
                }
                if not work(self.parts, {"Records": [record]})["batchItemFailures"]:
                    sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])

    def bills(self, *tenants: str) -> dict[str, tuple[str, str | None, str | None]]:
        """State, number and total of all bills, by tenant and period."""
        return {
            f"{tenant} {period}": (head.state, head.number, head.total)
            for tenant in tenants
            for period, head in self.parts.store.tenant(tenant).heads.items()
        }

    def buried(self) -> list[dict[str, Any]]:
        return self._bodies(self.dead_letters)

    def events(self) -> list[dict[str, Any]]:
        """What was published since the last call."""
        return self._bodies(self.heard)

    def everything(self) -> Any:
        """All items, objects and numbers of messages, to be compared."""
        dynamodb, s3, sqs = (client(self.aws, service) for service in ("dynamodb", "s3", "sqs"))
        items = [dynamodb.scan(TableName=f"{self.name}-{table}")["Items"] for table in KEYS]
        versions = s3.list_object_versions(Bucket=self.name)["Versions"]
        waiting = "ApproximateNumberOfMessages"
        messages = [
            sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[waiting])["Attributes"][waiting]
            for url in (self.queue, self.dead_letters, self.heard)
        ]
        return items, [(one["Key"], one["VersionId"]) for one in versions], messages

    def _bodies(self, queue: str) -> list[dict[str, Any]]:
        sqs, found = client(self.aws, "sqs"), []
        while messages := self._receive(queue):
            for message in messages:
                found.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return found

    def _receive(self, queue: str) -> list[dict[str, Any]]:
        answer = client(self.aws, "sqs").receive_message(
            QueueUrl=queue, MaxNumberOfMessages=10, AttributeNames=["ApproximateReceiveCount"]
        )
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        return messages

    def _listen(self) -> None:
        """Let events about this deployment's documents go to a queue of the test's."""
        events = client(self.aws, "events")
        name = f"{self.name}-heard"
        allowed = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": f"{_QUEUES}{name}"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        self.heard = client(self.aws, "sqs").create_queue(QueueName=name, Attributes={"Policy": policy})["QueueUrl"]
        pattern = {"source": ["saas-metering.billing"], "detail": {"document": {"bucket": [self.name]}}}
        events.put_rule(Name=self.name, EventPattern=json.dumps(pattern))
        events.put_targets(Rule=self.name, Targets=[{"Id": "heard", "Arn": self._arn(self.heard)}])

    def _arn(self, queue: str) -> str:
        return _QUEUES + queue.rsplit("/", 1)[1]
