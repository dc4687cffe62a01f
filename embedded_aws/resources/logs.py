"""CloudWatch log groups and streams."""

from collections.abc import Mapping
from typing import Any, ClassVar

import boto3

from embedded_aws.resources._aws import client, found, retag, tag_outputs
from embedded_aws.resources._creator import Creator, Outputs
from embedded_aws.resources._shape import Shape, from_aws

_GONE = "ResourceNotFoundException"


class LogGroup(Creator):
    """`aws.cloudwatch.LogGroup`; its id is its name, its ARN has no `:*` at the end."""

    pulumi_type = "aws:cloudwatch/logGroup:LogGroup"
    shape: ClassVar[Shape] = {
        "name": "logGroupName",
        "kmsKeyId": "kmsKeyId",
        "logGroupClass": "logGroupClass",
        "retentionInDays": "retentionInDays",
        "tags": "tags",
    }
    kept = frozenset({"namePrefix", "skipDestroy"})
    replace_on = frozenset({"name", "namePrefix", "logGroupClass"})
    named_by = "name"

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        logs = client(session, "logs")
        known = {key: args[key] for key in ("kmsKeyId", "logGroupClass", "tags") if key in args}
        logs.create_log_group(logGroupName=name, **known)
        self._retain(logs, name, args)
        return name

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the group with its retention."""
        logs = client(session, "logs")
        pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=id_)
        group = next((one for page in pages for one in page["logGroups"] if one["logGroupName"] == id_), None)
        if group is None:
            return None
        arn = group["arn"].removesuffix(":*")
        return {
            "logGroupClass": "STANDARD",
            "retentionInDays": 0,  # as in pulumi-aws: never expires
            **from_aws(self.shape, group),
            "arn": arn,
            "region": session.region_name,
            **tag_outputs(logs.list_tags_for_resource(resourceArn=arn)["tags"]),
        }

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:
        logs, arn = client(session, "logs"), olds["arn"]
        self._retain(logs, id_, args)
        retag(
            olds,
            args.get("tags", {}),
            lambda changed: logs.tag_resource(resourceArn=arn, tags=changed),
            lambda gone: logs.untag_resource(resourceArn=arn, tagKeys=gone),
        )

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:
        """Delete the group and its streams, unless `skipDestroy` keeps it."""
        if not outputs.get("skipDestroy"):
            found(client(session, "logs").delete_log_group, _GONE, logGroupName=id_)

    def _retain(self, logs: Any, name: str, args: Mapping[str, Any]) -> None:
        if days := args.get("retentionInDays"):
            logs.put_retention_policy(logGroupName=name, retentionInDays=days)
        else:
            found(logs.delete_retention_policy, _GONE, logGroupName=name)


class LogStream(Creator):
    """`aws.cloudwatch.LogStream`; its id is `<group>:<stream>`: pulumi-aws's, the bare name, finds nothing."""

    pulumi_type = "aws:cloudwatch/logStream:LogStream"
    shape: ClassVar[Shape] = {"name": "logStreamName", "logGroupName": "logGroupName"}
    replace_on = frozenset({"name", "logGroupName"})
    named_by = "name"

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        client(session, "logs").create_log_stream(logGroupName=args["logGroupName"], logStreamName=name)
        return f"{args['logGroupName']}:{name}"

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the stream's names and ARN."""
        group, name = id_.split(":")
        answer = found(
            client(session, "logs").describe_log_streams, _GONE, logGroupName=group, logStreamNamePrefix=name
        )
        streams = answer["logStreams"] if answer else []
        arn = next((one["arn"] for one in streams if one["logStreamName"] == name), None)
        if arn is None:
            return None
        return {"name": name, "logGroupName": group, "arn": arn, "region": session.region_name}

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Delete the stream."""
        group, name = id_.split(":")
        found(client(session, "logs").delete_log_stream, _GONE, logGroupName=group, logStreamName=name)


CREATORS: tuple[Creator, ...] = (LogGroup(), LogStream())
