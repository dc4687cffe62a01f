"""S3 table buckets and namespaces; tables come through Cloud Control (`cloudcontrol`)."""

from collections.abc import Mapping
from typing import Any, ClassVar

import boto3

from embedded_aws.resources._aws import client, found, retag, tag_outputs
from embedded_aws.resources._creator import Creator, Outputs
from embedded_aws.resources._shape import Shape, from_aws

_GONE = "NotFoundException"
_REMOVAL = "icebergUnreferencedFileRemoval"


class TableBucket(Creator):
    """`aws.s3tables.TableBucket`; its id is its ARN."""

    pulumi_type = "aws:s3tables/tableBucket:TableBucket"
    shape: ClassVar[Shape] = {
        "name": "name",
        "tags": "tags",
        "encryptionConfiguration": (
            "encryptionConfiguration",
            {"sseAlgorithm": "sseAlgorithm", "kmsKeyArn": "kmsKeyArn"},
        ),
        "maintenanceConfiguration": (
            "maintenance",
            {
                _REMOVAL: (
                    _REMOVAL,
                    {
                        "status": "status",
                        "settings": (
                            f"settings.{_REMOVAL}",
                            {"unreferencedDays": "unreferencedDays", "nonCurrentDays": "nonCurrentDays"},
                        ),
                    },
                )
            },
        ),
    }
    kept = frozenset({"forceDestroy"})
    replace_on = frozenset({"name"})
    named_by = "name"

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        known = {key: args[key] for key in ("encryptionConfiguration", "tags") if key in args}
        arn = str(client(session, "s3tables").create_table_bucket(name=name, **known)["arn"])
        self._maintain(session, arn, args)
        return arn

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the bucket with its maintenance settings."""
        tables = client(session, "s3tables")
        bucket = found(tables.get_table_bucket, _GONE, tableBucketARN=id_)
        if bucket is None:
            return None
        maintenance = tables.get_table_bucket_maintenance_configuration(tableBucketARN=id_)["configuration"]
        tagging = tables.list_tags_for_resource(resourceArn=id_)
        return {
            "name": bucket["name"],
            "arn": bucket["arn"],
            "ownerAccountId": bucket["ownerAccountId"],
            "createdAt": bucket["createdAt"].isoformat(),
            "region": session.region_name,
            **from_aws(self.shape, {"maintenance": maintenance}),
            **tag_outputs(tagging.get("tags")),
        }

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:
        tables = client(session, "s3tables")
        self._maintain(session, id_, args)
        if encryption := args.get("encryptionConfiguration"):
            tables.put_table_bucket_encryption(tableBucketARN=id_, encryptionConfiguration=encryption)
        retag(
            olds,
            args.get("tags", {}),
            lambda changed: tables.tag_resource(resourceArn=id_, tags=changed),
            lambda gone: tables.untag_resource(resourceArn=id_, tagKeys=gone),
        )

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:
        """Delete the bucket, its namespaces and tables too if `forceDestroy` says so."""
        tables = client(session, "s3tables")
        if outputs.get("forceDestroy") and found(tables.get_table_bucket, _GONE, tableBucketARN=id_) is not None:
            _empty(tables, id_)
        found(tables.delete_table_bucket, _GONE, tableBucketARN=id_)

    def _maintain(self, session: boto3.Session, arn: str, args: Mapping[str, Any]) -> None:
        if removal := args.get("maintenance", {}).get(_REMOVAL):
            client(session, "s3tables").put_table_bucket_maintenance_configuration(
                tableBucketARN=arn, type=_REMOVAL, value=removal
            )


def _empty(tables: Any, bucket_arn: str) -> None:
    for table in tables.list_tables(tableBucketARN=bucket_arn)["tables"]:
        tables.delete_table(tableBucketARN=bucket_arn, namespace=table["namespace"][0], name=table["name"])
    for namespace in tables.list_namespaces(tableBucketARN=bucket_arn)["namespaces"]:
        tables.delete_namespace(tableBucketARN=bucket_arn, namespace=namespace["namespace"][0])


class Namespace(Creator):
    """`aws.s3tables.Namespace`; its id is `<table bucket ARN>;<namespace>`."""

    pulumi_type = "aws:s3tables/namespace:Namespace"
    shape: ClassVar[Shape] = {"namespace": "namespace", "tableBucketArn": "tableBucketARN"}
    replace_on = frozenset(shape)
    delete_before_replace = False

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:  # noqa: ARG002 - `namespace` is it
        bucket, namespace = args["tableBucketARN"], args["namespace"]
        client(session, "s3tables").create_namespace(tableBucketARN=bucket, namespace=[namespace])
        return f"{bucket};{namespace}"

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the namespace."""
        bucket, namespace = id_.split(";")
        answer = found(client(session, "s3tables").get_namespace, _GONE, tableBucketARN=bucket, namespace=namespace)
        if answer is None:
            return None
        return {
            "namespace": namespace,
            "tableBucketArn": bucket,
            "createdAt": answer["createdAt"].isoformat(),
            "createdBy": answer["createdBy"],
            "ownerAccountId": answer["ownerAccountId"],
            "region": session.region_name,
        }

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Delete the namespace; S3 Tables refuses one with tables in it."""
        bucket, namespace = id_.split(";")
        found(client(session, "s3tables").delete_namespace, _GONE, tableBucketARN=bucket, namespace=namespace)


CREATORS: tuple[Creator, ...] = (TableBucket(), Namespace())
