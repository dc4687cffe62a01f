"""Nothing is reached in the clear, and what rests is encrypted."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from pulumi_policy import ResourceValidationArgs

from metering_policy import _kinds as kinds
from metering_policy._documents import Statement, is_for_everyone, statements, texts
from metering_policy._reading import at
from metering_policy._rule import resource_rule, stack_rule
from metering_policy._stack import Stack, StackMember

_ARN_PARTS = 6


def _plain_http_passes(service: str, args: ResourceValidationArgs) -> Iterator[str]:
    found = statements(args.props, "policy")
    if not any(_refuses(statement, service) and _covers(statement, service, args.props) for statement in found):
        denied = _everything(service)
        yield f"`policy` must deny {denied} to everyone if aws:SecureTransport is false, got no such statement"


def _everything(service: str) -> str:
    # A topic's policy takes no `sns:*`: publishing is what it can deny.
    return "sns:Publish" if service == "sns" else f"{service}:*"


def _refuses(statement: Statement, service: str) -> bool:
    """Whether a statement denies everything, and under this condition alone: a second one would let others pass."""
    condition = statement.get("Condition")
    tests = condition.get("Bool") if isinstance(condition, dict) and list(condition) == ["Bool"] else None
    return (
        statement.get("Effect") == "Deny"
        and "NotPrincipal" not in statement
        and is_for_everyone(statement)
        and bool({_everything(service), "*"} & set(texts(statement.get("Action"))))
        and isinstance(tests, dict)
        and list(tests) == ["aws:SecureTransport"]
        and [text.lower() for text in texts(tests["aws:SecureTransport"])] == ["false"]
    )


def _covers(statement: Statement, service: str, properties: Any) -> bool:
    resources = texts(statement.get("Resource"))
    if "*" in resources:
        return True
    arns = [text.split(":", _ARN_PARTS - 1) for text in resources]
    ours = {arn[-1] for arn in arns if len(arn) == _ARN_PARTS and arn[2] == service}
    if service == "s3":
        bucket = at(properties, "bucket")
        return {bucket, f"{bucket}/*"} <= ours
    if service == "sns":
        return at(properties, "arn") in resources
    return bool(ours)  # SQS refuses a policy that is about another queue


def _without(kind: str, key: str, names: tuple[str, ...], resource: StackMember, stack: Stack) -> Iterator[str]:
    if not stack.about(kind, key, resource, *names):
        yield f"it must have a `{kind.rpartition(':')[2]}` in this stack, got none"


def _queue_in_the_clear(args: ResourceValidationArgs) -> Iterator[str]:
    if at(args.props, "sqsManagedSseEnabled") is not True and not at(args.props, "kmsMasterKeyId"):
        got = at(args.props, "sqsManagedSseEnabled")
        yield f"`sqsManagedSseEnabled` must be true, or `kmsMasterKeyId` set, got {got!r}"


def _stream_in_the_clear(args: ResourceValidationArgs) -> Iterator[str]:
    enabled = at(args.props, "serverSideEncryption", "enabled")
    if enabled is not True:
        yield f"`serverSideEncryption.enabled` must be true, got {enabled!r}"


_BUCKET_NAMES = ("bucket", "id")

PLAIN_HTTP_REFUSED = resource_rule(
    "plain-http-refused",
    "The policy of every bucket, queue and topic denies requests without TLS.",
    "Add the statement of components._iam.refuse_plain_http, for a bucket with its objects",
    {
        kinds.BUCKET_POLICY: partial(_plain_http_passes, "s3"),
        kinds.QUEUE_POLICY: partial(_plain_http_passes, "sqs"),
        kinds.TOPIC_POLICY: partial(_plain_http_passes, "sns"),
    },
)
POLICY_ATTACHED = stack_rule(
    "policy-attached",
    "Every bucket, queue and topic has a policy of its own: without one, requests without TLS pass.",
    "Add one that denies requests without TLS",
    {
        kinds.BUCKET: partial(_without, kinds.BUCKET_POLICY, "bucket", _BUCKET_NAMES),
        kinds.QUEUE: partial(_without, kinds.QUEUE_POLICY, "queueUrl", ("url", "id")),
        kinds.TOPIC: partial(_without, kinds.TOPIC_POLICY, "arn", ("arn", "id")),
    },
)
BUCKET_ENCRYPTED = stack_rule(
    "bucket-encrypted",
    "Every S3 bucket says how its objects are encrypted.",
    "Make the bucket with components._bucket.private_bucket, or add it",
    {kinds.BUCKET: partial(_without, kinds.BUCKET_ENCRYPTION, "bucket", _BUCKET_NAMES)},
)
ENCRYPTED = resource_rule(
    "queue-and-stream-encrypted",
    "Queues and Firehose streams encrypt what waits in them.",
    "Set it",
    {kinds.QUEUE: _queue_in_the_clear, kinds.STREAM: _stream_in_the_clear},
)
POLICIES = (PLAIN_HTTP_REFUSED, POLICY_ATTACHED, BUCKET_ENCRYPTED, ENCRYPTED)
