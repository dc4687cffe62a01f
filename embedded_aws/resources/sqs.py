"""SQS queues and who may use them."""

from collections.abc import Mapping
from typing import Any, ClassVar

import boto3

from embedded_aws.resources._aws import client, found, retag, tag_outputs
from embedded_aws.resources._creator import Creator, Outputs, document
from embedded_aws.resources._shape import Shape

_GONE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
_NUMBERS = {  # Pulumi's property -> SQS's attribute and pulumi-aws's default, which it says itself
    "delaySeconds": ("DelaySeconds", 0),
    "maxMessageSize": ("MaximumMessageSize", 262_144),
    "messageRetentionSeconds": ("MessageRetentionPeriod", 345_600),
    "receiveWaitTimeSeconds": ("ReceiveMessageWaitTimeSeconds", 0),
    "visibilityTimeoutSeconds": ("VisibilityTimeout", 30),
}
_TEXTS = {"redriveAllowPolicy": "RedriveAllowPolicy", "redrivePolicy": "RedrivePolicy"}
_ENCRYPTED = "SqsManagedSseEnabled"


class Queue(Creator):
    """`aws.sqs.Queue`, a standard one; its id is its URL. Its policy is a resource of its own."""

    pulumi_type = "aws:sqs/queue:Queue"
    shape: ClassVar[Shape] = {
        "name": "QueueName",
        "sqsManagedSseEnabled": f"Attributes.{_ENCRYPTED}",
        "tags": "tags",
        **{key: f"Attributes.{attribute}" for key, (attribute, _) in _NUMBERS.items()},
        **{key: f"Attributes.{attribute}" for key, attribute in _TEXTS.items()},
    }
    kept = frozenset({"namePrefix"})
    replace_on = frozenset({"name", "namePrefix"})
    named_by = "name"

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        attributes = _texts(dict(_NUMBERS.values()) | args.get("Attributes", {}))
        queues = client(session, "sqs")
        return str(queues.create_queue(QueueName=name, Attributes=attributes, tags=args.get("tags", {}))["QueueUrl"])

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the queue's settings, also those that it has from SQS."""
        queues = client(session, "sqs")
        answer = found(queues.get_queue_attributes, *_GONE, QueueUrl=id_, AttributeNames=["All"])
        if answer is None:
            return None
        attributes = answer["Attributes"]
        arn = attributes["QueueArn"]
        return {
            **{key: int(attributes[theirs]) for key, (theirs, _) in _NUMBERS.items()},
            **{key: attributes[theirs] for key, theirs in _TEXTS.items() if attributes.get(theirs)},
            "sqsManagedSseEnabled": attributes.get(_ENCRYPTED, "true") == "true",  # as SQS does by itself
            "fifoQueue": False,
            "contentBasedDeduplication": False,
            "name": arn.rsplit(":", 1)[-1],
            "url": id_,
            "arn": arn,
            "region": session.region_name,
            **tag_outputs(queues.list_queue_tags(QueueUrl=id_).get("Tags")),
        }

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:
        queues = client(session, "sqs")
        # What was taken out of the program goes back to its default; a text goes by being empty.
        taken_out = {theirs: "" for key, theirs in _TEXTS.items() if olds.get(key)}
        defaults = dict(_NUMBERS.values()) | {_ENCRYPTED: True} | taken_out
        queues.set_queue_attributes(QueueUrl=id_, Attributes=_texts(defaults | args.get("Attributes", {})))
        retag(
            olds,
            args.get("tags", {}),
            lambda changed: queues.tag_queue(QueueUrl=id_, Tags=changed),
            lambda gone: queues.untag_queue(QueueUrl=id_, TagKeys=gone),
        )

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Delete the queue with its messages."""
        found(client(session, "sqs").delete_queue, *_GONE, QueueUrl=id_)


class QueuePolicy(Creator):
    """`aws.sqs.QueuePolicy`; its id is the queue's URL."""

    pulumi_type = "aws:sqs/queuePolicy:QueuePolicy"
    shape: ClassVar[Shape] = {"queueUrl": "QueueUrl", "policy": "Policy"}
    replace_on = frozenset({"queueUrl"})

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:  # noqa: ARG002 - has no name
        attributes = {"Policy": document(args["Policy"])}
        client(session, "sqs").set_queue_attributes(QueueUrl=args["QueueUrl"], Attributes=attributes)
        return str(args["QueueUrl"])

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the policy; none if the queue has none."""
        get = client(session, "sqs").get_queue_attributes
        answer = found(get, *_GONE, QueueUrl=id_, AttributeNames=["Policy"]) or {}
        policy = answer.get("Attributes", {}).get("Policy")
        return {"queueUrl": id_, "policy": policy, "region": session.region_name} if policy else None

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:  # noqa: ARG002 - put whole
        self._create(session, id_, args)

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Leave the queue without a policy."""
        found(client(session, "sqs").set_queue_attributes, *_GONE, QueueUrl=id_, Attributes={"Policy": ""})


def _texts(attributes: Mapping[str, Any]) -> dict[str, str]:
    """Write attributes as SQS takes them: all are strings."""
    return {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in attributes.items()}


CREATORS: tuple[Creator, ...] = (Queue(), QueuePolicy())
