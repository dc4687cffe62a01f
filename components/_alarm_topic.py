"""Where alarms are told: a topic, who may publish to it, and the addresses that hear of it."""

import hashlib
from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components import _iam
from components._iam_watching import publish_alarms, refuse_plain_publish
from components._names import Place


def alarm_topic(name: str, *, emails: Sequence[str], place: Place, opts: pulumi.ResourceOptions) -> aws.sns.Topic:
    """Make the topic.

    It is not encrypted with SNS's own key, to which CloudWatch has no access; what alarms say is no secret.

    Args:
        name: what the logical names begin with.
        emails: addresses that are told once they have confirmed it.
        place: account whose alarms may be told.
        opts: options of every resource made here.
    """
    topic = aws.sns.Topic(f"{name}-alarms", opts=opts)
    aws.sns.TopicPolicy(
        f"{name}-alarms-policy",
        arn=topic.arn,
        policy=_iam.policy(publish_alarms(topic.arn, place.account_id), refuse_plain_publish(topic.arn)),
        opts=opts,
    )
    for email in emails:
        # Named by the address, so that another one's coming or going leaves it confirmed, but not showing it.
        digest = hashlib.sha256(email.encode()).hexdigest()[:8]
        aws.sns.TopicSubscription(
            f"{name}-email-{digest}", topic=topic.arn, protocol="email", endpoint=email, opts=opts
        )
    return topic
