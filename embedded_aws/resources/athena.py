"""Athena workgroups and saved queries."""

from collections.abc import Mapping
from typing import Any, ClassVar

import boto3

from embedded_aws.resources._aws import arn, client, found, retag, tag_outputs, tags
from embedded_aws.resources._creator import Creator, Outputs
from embedded_aws.resources._shape import Shape, from_aws

_GONE = ("InvalidRequestException", "ResourceNotFoundException")
_CONFIGURATION: Shape = {
    "bytesScannedCutoffPerQuery": "BytesScannedCutoffPerQuery",
    "enforceWorkgroupConfiguration": "EnforceWorkGroupConfiguration",
    "publishCloudwatchMetricsEnabled": "PublishCloudWatchMetricsEnabled",
    "requesterPaysEnabled": "RequesterPaysEnabled",
    "executionRole": "ExecutionRole",
    "engineVersion": (
        "EngineVersion",
        {"selectedEngineVersion": "SelectedEngineVersion", "effectiveEngineVersion": "EffectiveEngineVersion"},
    ),
    "resultConfiguration": (
        "ResultConfiguration",
        {
            "outputLocation": "OutputLocation",
            "expectedBucketOwner": "ExpectedBucketOwner",
            "encryptionConfiguration": (
                "EncryptionConfiguration",
                {"encryptionOption": "EncryptionOption", "kmsKeyArn": "KmsKey"},
            ),
            "aclConfiguration": ("AclConfiguration", {"s3AclOption": "S3AclOption"}),
        },
    ),
}
_DEFAULTS = {"EnforceWorkGroupConfiguration": True, "PublishCloudWatchMetricsEnabled": True}
"""pulumi-aws's, not Athena's own."""


class Workgroup(Creator):
    """`aws.athena.Workgroup`; its id is its name."""

    pulumi_type = "aws:athena/workgroup:Workgroup"
    shape: ClassVar[Shape] = {
        "name": "Name",
        "description": "Description",
        "state": "State",
        "tags": "Tags",
        "configuration": ("Configuration", _CONFIGURATION),
    }
    kept = frozenset({"forceDestroy"})
    replace_on = frozenset({"name"})
    named_by = "name"

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        athena = client(session, "athena")
        athena.create_work_group(
            Name=name,
            Configuration=_DEFAULTS | args.get("Configuration", {}),
            Description=args.get("Description", ""),
            Tags=tags(args.get("Tags", {})),
        )
        if args.get("State", "ENABLED") != "ENABLED":
            athena.update_work_group(WorkGroup=name, State=args["State"])
        return name

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the workgroup."""
        athena = client(session, "athena")
        answer = found(athena.get_work_group, *_GONE, WorkGroup=id_)
        if answer is None:
            return None
        address = arn(session, "athena", f"workgroup/{id_}")
        outputs = from_aws({key: aws for key, aws in self.shape.items() if key != "tags"}, answer["WorkGroup"])
        return {
            **{key: value for key, value in outputs.items() if value != ""},
            "arn": address,
            "region": session.region_name,
            **tag_outputs(athena.list_tags_for_resource(ResourceARN=address)["Tags"]),
        }

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:
        athena = client(session, "athena")
        wanted = dict(_DEFAULTS | args.get("Configuration", {}))
        results = wanted.pop("ResultConfiguration", None)
        before = olds.get("configuration", {})
        if results is not None:
            wanted["ResultConfigurationUpdates"] = results
        if "BytesScannedCutoffPerQuery" not in wanted and before.get("bytesScannedCutoffPerQuery"):
            wanted["RemoveBytesScannedCutoffPerQuery"] = True
        athena.update_work_group(
            WorkGroup=id_,
            ConfigurationUpdates=wanted,
            Description=args.get("Description", ""),
            State=args.get("State", "ENABLED"),
        )
        retag(
            olds,
            args.get("Tags", {}),
            lambda changed: athena.tag_resource(ResourceARN=olds["arn"], Tags=tags(changed)),
            lambda gone: athena.untag_resource(ResourceARN=olds["arn"], TagKeys=gone),
        )

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:
        """Delete the workgroup; one with queries in it only if `forceDestroy` says so."""
        recursive = bool(outputs.get("forceDestroy"))
        athena = client(session, "athena")
        if found(athena.get_work_group, *_GONE, WorkGroup=id_) is not None:
            athena.delete_work_group(WorkGroup=id_, RecursiveDeleteOption=recursive)


class NamedQuery(Creator):
    """`aws.athena.NamedQuery`; its id is Athena's. Every change makes a new one."""

    pulumi_type = "aws:athena/namedQuery:NamedQuery"
    shape: ClassVar[Shape] = {
        "name": "Name",
        "database": "Database",
        "query": "QueryString",
        "description": "Description",
        "workgroup": "WorkGroup",
    }
    replace_on = frozenset(shape)
    named_by = "name"

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        return str(client(session, "athena").create_named_query(**args | {"Name": name})["NamedQueryId"])

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the query."""
        answer = found(client(session, "athena").get_named_query, *_GONE, NamedQueryId=id_)
        if answer is None:
            return None
        outputs = from_aws(self.shape, answer["NamedQuery"])
        return {**{key: value for key, value in outputs.items() if value != ""}, "region": session.region_name}

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Delete the query."""
        found(client(session, "athena").delete_named_query, *_GONE, NamedQueryId=id_)


CREATORS: tuple[Creator, ...] = (Workgroup(), NamedQuery())
