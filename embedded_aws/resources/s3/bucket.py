"""S3 buckets themselves."""

from collections.abc import Mapping
from typing import Any, ClassVar

import boto3

from embedded_aws.resources._aws import client, found, partition, tag_outputs, tags
from embedded_aws.resources._creator import Creator, Outputs
from embedded_aws.resources._shape import Shape

NO_BUCKET = ("NoSuchBucket", "404")
_NO_LOCK = "ObjectLockConfigurationNotFoundError"


class BucketNotEmptiedError(Exception):
    """An object that S3 does not let go of keeps its bucket from being emptied."""


class Bucket(Creator):
    """`aws.s3.Bucket`; its id is its name."""

    pulumi_type = "aws:s3/bucket:Bucket"
    shape: ClassVar[Shape] = {
        "bucket": "Bucket",
        "bucketPrefix": "BucketPrefix",
        "objectLockEnabled": "ObjectLockEnabledForBucket",
        "tags": "Tags",
    }
    kept = frozenset({"bucketPrefix", "forceDestroy"})
    replace_on = frozenset({"bucket", "bucketPrefix", "objectLockEnabled"})
    named_by = "bucket"

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        s3 = client(session, "s3")
        region = session.region_name
        # us-east-1 is the one Region that S3 does not take as a location constraint.
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        locked = bool(args.get("ObjectLockEnabledForBucket"))
        s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=locked, **where)
        self._tag(session, name, args.get("Tags", {}))
        return name

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the bucket's names, its tags, and whether objects can be locked in it."""
        s3 = client(session, "s3")
        if found(s3.head_bucket, *NO_BUCKET, Bucket=id_) is None:
            return None
        tagging = found(s3.get_bucket_tagging, "NoSuchTagSet", Bucket=id_) or {}
        suffix = "amazonaws.com.cn" if partition(session) == "aws-cn" else "amazonaws.com"
        return {
            "bucket": id_,
            "arn": f"arn:{partition(session)}:s3:::{id_}",
            "bucketDomainName": f"{id_}.s3.{suffix}",
            "bucketRegionalDomainName": f"{id_}.s3.{session.region_name}.{suffix}",
            "objectLockEnabled": _is_locked(s3, id_),
            "bucketRegion": session.region_name,
            "region": session.region_name,
            **tag_outputs(tagging.get("TagSet")),
        }

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:
        wanted = args.get("Tags", {})
        if not wanted and olds.get("tagsAll"):
            client(session, "s3").delete_bucket_tagging(Bucket=id_)
        self._tag(session, id_, wanted)  # S3 replaces all tags at once

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:
        """Delete the bucket, its objects too if `forceDestroy` says so."""
        s3 = client(session, "s3")
        if outputs.get("forceDestroy") and found(s3.head_bucket, *NO_BUCKET, Bucket=id_) is not None:
            _empty(s3, id_)
        found(s3.delete_bucket, *NO_BUCKET, Bucket=id_)

    def _tag(self, session: boto3.Session, bucket: str, given: Mapping[str, str]) -> None:
        if given:
            client(session, "s3").put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags(given)})


def _is_locked(s3: Any, bucket: str) -> bool:
    answer = found(s3.get_object_lock_configuration, _NO_LOCK, Bucket=bucket) or {}
    return bool(answer.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") == "Enabled")


def _empty(s3: Any, bucket: str) -> None:
    """Delete every version, also those under governance; nobody gets past compliance mode.

    Raises:
        BucketNotEmptiedError: S3 keeps a version; names it and S3's reason.
    """
    bypass = {"BypassGovernanceRetention": True} if _is_locked(s3, bucket) else {}
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        entries = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        objects = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries]
        if not objects:
            continue
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True}, **bypass)
        for kept in answer.get("Errors", []):
            which = f"{bucket}/{kept['Key']} (version {kept.get('VersionId')})"
            raise BucketNotEmptiedError(f"{which} cannot be deleted: {kept['Code']}: {kept['Message']}")
