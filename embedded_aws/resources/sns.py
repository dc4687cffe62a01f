"""SNS topics, who may use them, and who is told."""

from collections.abc import Mapping
from typing import Any, ClassVar

import boto3

from embedded_aws.resources._aws import account, client, found, retag, tag_outputs, tags
from embedded_aws.resources._creator import Creator, Outputs, document
from embedded_aws.resources._shape import Shape

_GONE = "NotFound"
_TEXTS = {"displayName": "DisplayName", "kmsMasterKeyId": "KmsMasterKeyId"}
"""Pulumi's property -> the topic's attribute; an empty one is none."""
_FILTERS = {"filterPolicy": "FilterPolicy", "filterPolicyScope": "FilterPolicyScope", "redrivePolicy": "RedrivePolicy"}


class Topic(Creator):
    """`aws.sns.Topic`, a standard one; its id is its ARN. Its policy is a resource of its own."""

    pulumi_type = "aws:sns/topic:Topic"
    shape: ClassVar[Shape] = {
        "name": "Name",
        "tags": "Tags",
        **{key: f"Attributes.{attribute}" for key, attribute in _TEXTS.items()},
    }
    kept = frozenset({"namePrefix"})
    replace_on = frozenset({"name", "namePrefix"})
    named_by = "name"

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        made = client(session, "sns").create_topic(
            Name=name, Attributes=args.get("Attributes", {}), Tags=tags(args.get("Tags", {}))
        )
        return str(made["TopicArn"])

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the topic's attributes."""
        sns = client(session, "sns")
        answer = found(sns.get_topic_attributes, _GONE, TopicArn=id_)
        if answer is None:
            return None
        attributes = answer["Attributes"]
        return {
            **{key: attributes[theirs] for key, theirs in _TEXTS.items() if attributes.get(theirs)},
            "name": id_.rsplit(":", 1)[-1],
            "arn": id_,
            "owner": attributes["Owner"],
            "fifoTopic": False,
            "contentBasedDeduplication": False,
            "region": session.region_name,
            **tag_outputs(sns.list_tags_for_resource(ResourceArn=id_)["Tags"]),
        }

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:
        sns, given = client(session, "sns"), args.get("Attributes", {})
        for key, theirs in _TEXTS.items():
            if given.get(theirs, "") != olds.get(key, ""):
                sns.set_topic_attributes(TopicArn=id_, AttributeName=theirs, AttributeValue=given.get(theirs, ""))
        retag(
            olds,
            args.get("Tags", {}),
            lambda changed: sns.tag_resource(ResourceArn=id_, Tags=tags(changed)),
            lambda gone: sns.untag_resource(ResourceArn=id_, TagKeys=gone),
        )

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Delete the topic with its subscriptions."""
        found(client(session, "sns").delete_topic, _GONE, TopicArn=id_)


class TopicPolicy(Creator):
    """`aws.sns.TopicPolicy`; its id is the topic's ARN."""

    pulumi_type = "aws:sns/topicPolicy:TopicPolicy"
    shape: ClassVar[Shape] = {"arn": "TopicArn", "policy": "Policy"}
    replace_on = frozenset({"arn"})

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:  # noqa: ARG002 - has no name
        self._put(session, args["TopicArn"], document(args["Policy"]))
        return str(args["TopicArn"])

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the policy; none if the topic has the one that SNS gives every topic."""
        answer = found(client(session, "sns").get_topic_attributes, _GONE, TopicArn=id_)
        policy = document(answer["Attributes"]["Policy"]) if answer else ""
        if not policy or policy == _default_policy(session, id_):
            return None
        return {"arn": id_, "policy": policy, "owner": answer["Attributes"]["Owner"], "region": session.region_name}

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:  # noqa: ARG002 - put whole
        self._put(session, id_, document(args["Policy"]))

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Give the topic back the policy that SNS gives every topic."""
        if found(client(session, "sns").get_topic_attributes, _GONE, TopicArn=id_):
            self._put(session, id_, _default_policy(session, id_))

    def _put(self, session: boto3.Session, topic: str, policy: str) -> None:
        client(session, "sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)


class TopicSubscription(Creator):
    """`aws.sns.TopicSubscription`; its id is its ARN."""

    pulumi_type = "aws:sns/topicSubscription:TopicSubscription"
    shape: ClassVar[Shape] = {
        "topic": "TopicArn",
        "protocol": "Protocol",
        "endpoint": "Endpoint",
        "rawMessageDelivery": "Attributes.RawMessageDelivery",
        **{key: f"Attributes.{attribute}" for key, attribute in _FILTERS.items()},
    }
    kept = frozenset({"confirmationTimeoutInMinutes", "endpointAutoConfirms"})
    replace_on = frozenset({"topic", "protocol", "endpoint"})

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:  # noqa: ARG002 - has no name
        made = client(session, "sns").subscribe(
            TopicArn=args["TopicArn"],
            Protocol=args["Protocol"],
            Endpoint=args["Endpoint"],
            Attributes=_texts(args.get("Attributes", {})),
            ReturnSubscriptionArn=True,
        )
        return str(made["SubscriptionArn"])

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the subscription's attributes."""
        answer = found(client(session, "sns").get_subscription_attributes, _GONE, SubscriptionArn=id_)
        if answer is None:
            return None
        attributes = answer["Attributes"]
        return {
            **{key: attributes[theirs] for key, theirs in _FILTERS.items() if attributes.get(theirs)},
            "topic": attributes["TopicArn"],
            "protocol": attributes["Protocol"],
            "endpoint": attributes["Endpoint"],
            "rawMessageDelivery": attributes.get("RawMessageDelivery") == "true",
            "pendingConfirmation": attributes.get("PendingConfirmation") == "true",
            "arn": id_,
            "ownerId": attributes["Owner"],
            "region": session.region_name,
        }

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:
        taken_out = {theirs: "" for key, theirs in _FILTERS.items() if olds.get(key)}
        given = {"RawMessageDelivery": False} | taken_out | args.get("Attributes", {})
        for attribute, value in _texts(given).items():
            client(session, "sns").set_subscription_attributes(
                SubscriptionArn=id_, AttributeName=attribute, AttributeValue=value
            )

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Tell it no more."""
        found(client(session, "sns").unsubscribe, _GONE, SubscriptionArn=id_)


def _default_policy(session: boto3.Session, topic: str) -> str:
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": ["SNS:Publish", "SNS:Subscribe", "SNS:Receive"],
        "Resource": topic,
        "Condition": {"StringEquals": {"AWS:SourceOwner": account(session)}},
    }
    return document({"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]})


def _texts(attributes: Mapping[str, Any]) -> dict[str, str]:
    """Write attributes as SNS takes them: all are strings."""
    return {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in attributes.items()}


CREATORS: tuple[Creator, ...] = (Topic(), TopicPolicy(), TopicSubscription())
