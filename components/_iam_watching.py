"""Policy statements about metrics, alarms and who is told of them."""

import pulumi

from components._iam import Statement, allow


def read_metrics() -> Statement:
    """Permit reading metrics; `*` is forced by AWS: metrics are no resources."""
    return allow(["cloudwatch:GetMetricData"], ["*"])


def put_metrics(namespace: pulumi.Input[str]) -> Statement:
    """Permit putting metrics of one namespace; `*` is forced by AWS: metrics are no resources."""
    condition = {"StringEquals": {"cloudwatch:namespace": namespace}}
    return {**allow(["cloudwatch:PutMetricData"], ["*"]), "Condition": condition}


def read_metrics_and_alarms() -> Statement:
    """Permit reading metrics and seeing alarms.

    `*` is forced by AWS: metrics are no resources, and composite alarms are shown to no narrower permission.
    """
    return allow(["cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData"], ["*"])


def publish_alarms(topic_arn: pulumi.Input[str], account_id: pulumi.Input[str]) -> Statement:
    """Let CloudWatch publish to a topic for alarms of this account alone, in the topic's own policy."""
    return {
        "Sid": "PublishAlarms",
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic_arn,
        "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
    }


def refuse_plain_publish(topic_arn: pulumi.Input[str]) -> Statement:
    """Deny publishing to a topic without TLS, in the topic's own policy; SNS takes no `sns:*` there."""
    return {
        "Sid": "RefusePlainHttp",
        "Effect": "Deny",
        # The resource policy's own `*`: a refusal must hold for every caller.
        "Principal": "*",
        "Action": "sns:Publish",
        "Resource": topic_arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def count_messages(queue_arn: pulumi.Input[str]) -> Statement:
    """Permit asking how many messages a queue has."""
    return allow(["sqs:GetQueueAttributes"], [queue_arn])
