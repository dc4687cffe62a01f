"""pulumi-aws's functions that look something up."""

from collections.abc import Callable
from typing import Any

import boto3

from embedded_aws.resources._aws import client, partition


def _caller_identity(session: boto3.Session, args: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - takes none
    caller = client(session, "sts").get_caller_identity()
    return {"accountId": caller["Account"], "arn": caller["Arn"], "userId": caller["UserId"], "id": caller["Account"]}


def _region(session: boto3.Session, args: dict[str, Any]) -> dict[str, Any]:
    region = args.get("region") or session.region_name
    return {"region": region, "name": region, "id": region, "endpoint": f"ec2.{region}.amazonaws.com"}


def _partition(session: boto3.Session, args: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - takes none
    name = partition(session)
    suffix = "amazonaws.com.cn" if name == "aws-cn" else "amazonaws.com"
    reverse = ".".join(reversed(suffix.split(".")))
    return {"partition": name, "dnsSuffix": suffix, "reverseDnsPrefix": reverse, "id": name}


INVOKES: dict[str, Callable[[boto3.Session, dict[str, Any]], dict[str, Any]]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getPartition:getPartition": _partition,
}
"""Token of a function -> what answers it."""
