"""The services that billing works with, in memory: one process, one state, and a write can be made the last."""

import hashlib
import io
import json
import re
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from tests.unit.billing.fake_dynamo import FakeDynamo

MOST_RECEIVES = 3
_REFUSED_BY_SQS = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class KilledError(BaseException):
    """The function's process ends here: no handler of the code may catch it."""


class FakeAws:
    """All services; `kill_at` makes a write the last one, before or after it is done."""

    def __init__(self) -> None:
        self.writes: list[str] = []
        self.kill_at: tuple[int, str] | None = None
        self.pause: Callable[[], None] = lambda: None
        self.dynamodb = FakeDynamo(self._writing, self._reading)
        self.objects: dict[str, dict[str, Any]] = {}
        self.tasks: list[dict[str, Any]] = []
        self.buried: list[dict[str, Any]] = []
        self.published: list[dict[str, Any]] = []
        self.planner_calls: list[dict[str, Any]] = []
        self.rollup_calls: list[dict[str, Any]] = []
        self.messages = 0

    def _writing(self, name: str) -> Callable[[], None]:
        """Note a write; kill now, or once it is done."""
        self.pause()
        self.writes.append(name)
        killed = self.kill_at and self.kill_at[0] == len(self.writes)
        if killed and self.kill_at and self.kill_at[1] == "before":
            raise KilledError(name)

        def after() -> None:
            if killed:
                raise KilledError(name)

        return after

    def _reading(self) -> None:
        self.pause()

    # S3
    def put_object(self, *, Bucket: str, Key: str, Body: bytes, **rest: Any) -> dict[str, Any]:  # noqa: N803
        assert Bucket == "bucket"
        after = self._writing(f"object {Key}")
        known = self.objects.get(Key)
        # S3 demands a checksum with a lock; whether botocore sends one unasked depends on its settings.
        assert ("ObjectLockMode" in rest) <= ("ChecksumAlgorithm" in rest)
        if rest.get("IfNoneMatch") == "*" and known:
            raise ClientError({"Error": {"Code": "PreconditionFailed", "Message": Key}}, "PutObject")
        if "IfMatch" in rest and not known:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": Key}}, "PutObject")
        if "IfMatch" in rest and known and known["ETag"] != rest["IfMatch"]:
            raise ClientError({"Error": {"Code": "PreconditionFailed", "Message": Key}}, "PutObject")
        assert not (known and "ObjectLockMode" in known)
        etag = f'"{hashlib.md5(Body, usedforsecurity=False).hexdigest()}"'
        kept = {
            name: rest[name] for name in ("Metadata", "ObjectLockMode", "ObjectLockRetainUntilDate") if name in rest
        }
        self.objects[Key] = {"Body": Body, "ETag": etag, **kept}
        after()
        return {"ETag": etag}

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        assert Bucket == "bucket"
        self.pause()
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": Key}}, "GetObject")
        return {"Body": io.BytesIO(self.objects[Key]["Body"])}

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        assert Bucket == "bucket"
        return {"Metadata": {}, **self.objects[Key]}

    # SQS
    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert QueueUrl == "tasks"
        assert len(Entries) <= 10
        after = self._writing(f"send {len(Entries)}")
        for entry in Entries:
            self.messages += 1
            self.tasks.append({"messageId": f"m{self.messages}", "body": entry["MessageBody"], "receives": 0})
        after()
        return {}

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803
        assert QueueUrl == "dead-letters"
        assert not _REFUSED_BY_SQS.search(MessageBody)
        after = self._writing("bury")
        self.buried.append(json.loads(MessageBody))
        after()

    def get_queue_attributes(self, **_: Any) -> dict[str, Any]:
        return {"Attributes": {"RedrivePolicy": json.dumps({"maxReceiveCount": MOST_RECEIVES})}}

    # EventBridge
    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert 0 < len(Entries) <= 10
        after = self._writing(f"publish {len(Entries)}")
        self.published += Entries
        after()
        return {"Entries": [{"EventId": "e"} for _ in Entries]}

    # Lambda
    def call_planner(self, event: Any) -> None:
        after = self._writing("call planner")
        self.planner_calls.append(dict(event))
        after()

    def call_rollup(self, event: Any) -> None:
        after = self._writing("call rollup")
        self.rollup_calls.append(dict(event))
        after()
