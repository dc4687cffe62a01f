"""The queue between planner and workers, and the one for what nobody could handle."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components import _iam

MAX_RECEIVES = 5
"""Times that a task is tried before its message is set aside."""
VISIBILITY_FACTOR = 6
"""AWS's advice: a queue hides a message for six times as long as its function may take."""
DEAD_LETTER_DAYS = 14
"""SQS's maximum."""
_DAY = 86_400


@dataclass(frozen=True)
class BillingQueues:
    """The queues of a billing."""

    tasks: aws.sqs.Queue
    dead_letters: aws.sqs.Queue


def billing_queues(name: str, *, worker_timeout_seconds: int, opts: pulumi.ResourceOptions) -> BillingQueues:
    """Make both queues, encrypted and for requests over TLS alone."""
    dead_letters = aws.sqs.Queue(
        f"{name}-dead-letters",
        message_retention_seconds=DEAD_LETTER_DAYS * _DAY,
        sqs_managed_sse_enabled=True,
        opts=opts,
    )
    tasks = aws.sqs.Queue(
        f"{name}-tasks",
        visibility_timeout_seconds=VISIBILITY_FACTOR * worker_timeout_seconds,
        redrive_policy=pulumi.Output.json_dumps(
            {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": MAX_RECEIVES}, sort_keys=True
        ),
        sqs_managed_sse_enabled=True,
        opts=opts,
    )
    for role, queue in (("dead-letters", dead_letters), ("tasks", tasks)):
        aws.sqs.QueuePolicy(
            f"{name}-{role}-policy",
            queue_url=queue.url,
            policy=_iam.policy(_iam.refuse_plain_http("sqs", queue.arn)),
            opts=opts,
        )
    return BillingQueues(tasks=tasks, dead_letters=dead_letters)
