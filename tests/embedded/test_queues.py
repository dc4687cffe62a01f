import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from embedded_aws.server import EmbeddedAws
from tests.embedded.firehose_kit import eventually
from tests.embedded.gateway_kit import client, make_function, make_role, unique
from tests.embedded.queue_kit import code_of, live, make_queue, polling_role, redrive

# Fails the messages whose body says so; notes every call in a folder.
WORKER = """
    import json, pathlib, uuid
    def handler(event, context):
        records = event["Records"]
        bodies = [json.loads(record["body"]) for record in records]
        folder = pathlib.Path(bodies[0]["folder"])
        (folder / uuid.uuid4().hex).write_text(json.dumps(event | {"arn": context.invoked_function_arn}))
        if bodies[0].get("answer") == "raise":
            raise ValueError("no")
        failed = [r["messageId"] for r, body in zip(records, bodies) if body.get("fail")]
        return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}
"""


class Worker:
    """A queue with a dead-letter queue, and a function behind it."""

    def __init__(self, aws: EmbeddedAws, folder: Path, source: str = WORKER, **settings: Any) -> None:
        self.aws, self.folder = aws, folder
        self.dead = make_queue(aws)
        self.queue = make_queue(aws, VisibilityTimeout="5", RedrivePolicy=redrive(self.dead, 2))
        self.role = polling_role(aws, self.queue)
        self.alias = live(aws, make_function(aws, source, role=self.role, Timeout=5))
        self.uuid = client(aws, "lambda").create_event_source_mapping(
            EventSourceArn=self.queue.arn,
            FunctionName=self.alias,
            FunctionResponseTypes=["ReportBatchItemFailures"],
            **settings,
        )["UUID"]
        client(aws, "sqs").set_queue_attributes(QueueUrl=self.queue.url, Attributes={"VisibilityTimeout": "1"})

    def send(self, *bodies: dict[str, Any]) -> None:
        self.queue.send(*({"folder": str(self.folder), **body} for body in bodies))

    def events(self) -> list[dict[str, Any]]:
        return [
            json.loads(path.read_text()) for path in sorted(self.folder.iterdir(), key=lambda one: one.stat().st_mtime)
        ]


def test_a_message_reaches_the_alias_at_once_and_is_deleted(aws: EmbeddedAws, tmp_path: Path) -> None:
    worker = Worker(aws, tmp_path)
    worker.send({"n": 1})
    aws.activity.settle(20)
    started = time.monotonic()
    worker.send({"n": 2})
    aws.activity.settle(20)
    assert time.monotonic() - started < 1
    *_, event = worker.events()
    (record,) = event["Records"]
    assert event["arn"] == worker.alias
    volatile = ("messageId", "receiptHandle", "md5OfBody")
    assert all(record.pop(name) for name in volatile)
    attributes = record.pop("attributes")
    assert (attributes["ApproximateReceiveCount"], sorted(attributes)) == (
        "1",
        ["ApproximateFirstReceiveTimestamp", "ApproximateReceiveCount", "SenderId", "SentTimestamp"],
    )
    assert record == {
        "body": json.dumps({"folder": str(tmp_path), "n": 2}),
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": worker.queue.arn,
        "awsRegion": "us-east-1",
    }
    assert (worker.queue.held(), worker.dead.held()) == (0, 0)


def test_what_fails_is_tried_again_and_then_put_aside_alone(aws: EmbeddedAws, tmp_path: Path) -> None:
    worker = Worker(aws, tmp_path)
    bodies = [{"folder": str(tmp_path), "n": n, "fail": n == 2} for n in (1, 2, 3)]
    entries = [{"Id": str(body["n"]), "MessageBody": json.dumps(body)} for body in bodies]
    client(aws, "sqs").send_message_batch(QueueUrl=worker.queue.url, Entries=entries)
    aws.activity.settle(20)
    assert worker.queue.held() == 0
    assert [body["n"] for body in worker.dead.bodies()] == [2]
    received = [[json.loads(record["body"])["n"] for record in event["Records"]] for event in worker.events()]
    assert received == [[1, 2, 3], [2]]


def test_a_function_that_raises_fails_the_batch(aws: EmbeddedAws, tmp_path: Path) -> None:
    worker = Worker(aws, tmp_path)
    worker.send({"answer": "raise"})
    aws.activity.settle(20)
    assert (len(worker.events()), worker.queue.held(), worker.dead.held()) == (2, 0, 1)


def test_no_more_batches_at_once_than_the_mapping_allows(aws: EmbeddedAws, tmp_path: Path) -> None:
    source = """
        import json, pathlib, time, uuid
        def handler(event, context):
            folder = pathlib.Path(json.loads(event["Records"][0]["body"])["folder"])
            mark = folder / uuid.uuid4().hex
            mark.touch()
            time.sleep(0.05)
            (folder / "most").open("a").write(f"{len(list(folder.iterdir()))} ")
            mark.unlink()
    """
    worker = Worker(aws, tmp_path, source, BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    (tmp_path / "most").touch()
    worker.send(*({"n": n} for n in range(12)))
    aws.activity.settle(30)
    counts = [int(count) - 1 for count in (tmp_path / "most").read_text().split()]
    assert (len(counts), max(counts)) == (12, 2)


def test_a_disabled_mapping_and_a_role_without_permission_leave_messages(aws: EmbeddedAws, tmp_path: Path) -> None:
    worker, functions = Worker(aws, tmp_path), client(aws, "lambda")
    role = worker.role.split("/")[1]
    kept = client(aws, "iam").get_role_policy(RoleName=role, PolicyName="allowed")["PolicyDocument"]
    client(aws, "iam").delete_role_policy(RoleName=role, PolicyName="allowed")
    worker.send({"n": 1})
    eventually(
        lambda: "sqs:ReceiveMessage" in functions.get_event_source_mapping(UUID=worker.uuid)["LastProcessingResult"]
    )
    assert functions.update_event_source_mapping(UUID=worker.uuid, Enabled=False)["State"] == "Disabled"
    client(aws, "iam").put_role_policy(RoleName=role, PolicyName="allowed", PolicyDocument=json.dumps(kept))
    aws.activity.settle(5)  # a queue that nobody polls is at rest
    assert (worker.events(), worker.queue.held()) == ([], 1)
    functions.update_event_source_mapping(UUID=worker.uuid, Enabled=True)
    aws.activity.settle(20)
    assert (len(worker.events()), worker.queue.held()) == (1, 0)


def test_a_mapping_that_cannot_work_is_refused(aws: EmbeddedAws) -> None:
    queue, functions = make_queue(aws, VisibilityTimeout="5"), client(aws, "lambda")
    told = []
    for role, timeout, settings in (
        (make_role(aws), 5, {}),
        (polling_role(aws, queue), 6, {}),
        (polling_role(aws, queue), 5, {"BatchSize": 11}),
    ):
        name = make_function(aws, "def handler(event, context): pass", role=role, Timeout=timeout)
        with pytest.raises(ClientError) as error:
            functions.create_event_source_mapping(EventSourceArn=queue.arn, FunctionName=name, **settings)
        told.append(code_of(error))
    assert told == [
        (
            "InvalidParameterValueException",
            "The provided execution role does not have permissions to call ReceiveMessage on SQS",
        ),
        (
            "InvalidParameterValueException",
            "Queue visibility timeout: 5 seconds is less than Function timeout: 6 seconds",
        ),
        (
            "InvalidParameterValueException",
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10: 11",
        ),
    ]


def test_no_message_is_lost_when_threads_send_receive_and_delete(aws: EmbeddedAws) -> None:
    queue = make_queue(aws, SqsManagedSseEnabled="true")
    seen: list[int] = []
    sending = threading.Event()

    def send(thread: int) -> None:
        queue.send(*(thread * 100 + n for n in range(15)))

    def receive() -> None:
        while not sending.is_set() or queue.held():
            seen.extend(queue.bodies(wait=0))

    with ThreadPoolExecutor(6) as threads:
        receivers = [threads.submit(receive) for _ in range(2)]
        list(threads.map(send, range(4)))
        sending.set()
        for one in receivers:
            one.result(30)
    assert sorted(seen) == [thread * 100 + n for thread in range(4) for n in range(15)]


def test_a_queue_policy_that_refuses_plain_http_refuses_only_that(aws: EmbeddedAws) -> None:
    queue = make_queue(aws)
    refusal = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": queue.arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [refusal]})
    client(aws, "sqs").set_queue_attributes(QueueUrl=queue.url, Attributes={"Policy": policy})
    queue.send("over TLS")
    assert queue.bodies() == ["over TLS"]
    plain = aws.session().client("sqs", config=Config(user_agent_extra=unique("plain")))
    plain.meta.events.register(
        "before-sign.sqs", lambda request, **_: request.headers.add_header("X-Forwarded-Proto", "http")
    )
    with pytest.raises(ClientError) as error:
        plain.send_message(QueueUrl=queue.url, MessageBody="plain")
    assert code_of(error)[0] == "AccessDenied"
