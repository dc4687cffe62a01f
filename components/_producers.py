"""The role of backends that put records to a stream themselves."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components import _iam
from components._names import Place


def producer_role(
    name: str,
    producers: Sequence[str],
    stream: aws.kinesis.FirehoseDeliveryStream,
    place: Place,
    opts: pulumi.ResourceOptions,
) -> aws.iam.Role:
    """Make a role that may put to one stream and do nothing else.

    Args:
        name: what the logical names begin with.
        producers: ARNs of the principals that may assume it; if there are none, whoever this account lets assume it.
        stream: the stream.
        place: account that the stream is in.
        opts: options of every resource made here.
    """
    account = pulumi.Output.concat("arn:", place.partition, ":iam::", place.account_id, ":root")
    role = aws.iam.Role(
        f"{name}-producer-role", assume_role_policy=_iam.trust_principals(producers or [account]), opts=opts
    )
    aws.iam.RolePolicy(
        f"{name}-producer-policy",
        role=role.name,
        policy=_iam.policy(_iam.put_records(stream.arn, "PutRecord", "PutRecordBatch")),
        opts=opts,
    )
    return role
