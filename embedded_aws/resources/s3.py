"""S3 buckets and the settings that Pulumi keeps as resources of their own."""

from collections.abc import Mapping
from typing import Any, ClassVar

import boto3

from embedded_aws.resources._aws import client, found, partition, tag_outputs, tags
from embedded_aws.resources._creator import Creator, Outputs, document
from embedded_aws.resources._shape import Shape, from_aws

_NO_BUCKET = ("NoSuchBucket", "404")


class Bucket(Creator):
    """`aws.s3.Bucket`; its id is its name."""

    pulumi_type = "aws:s3/bucket:Bucket"
    shape: ClassVar[Shape] = {"bucket": "Bucket", "bucketPrefix": "BucketPrefix", "tags": "Tags"}
    kept = frozenset({"bucketPrefix", "forceDestroy"})
    replace_on = frozenset({"bucket", "bucketPrefix"})
    named_by = "bucket"

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        s3 = client(session, "s3")
        region = session.region_name
        # us-east-1 is the one Region that S3 does not take as a location constraint.
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=name, **where)
        self._tag(session, name, args.get("Tags", {}))
        return name

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the bucket's names and tags."""
        s3 = client(session, "s3")
        if found(s3.head_bucket, *_NO_BUCKET, Bucket=id_) is None:
            return None
        tagging = found(s3.get_bucket_tagging, "NoSuchTagSet", Bucket=id_) or {}
        suffix = "amazonaws.com.cn" if partition(session) == "aws-cn" else "amazonaws.com"
        return {
            "bucket": id_,
            "arn": f"arn:{partition(session)}:s3:::{id_}",
            "bucketDomainName": f"{id_}.s3.{suffix}",
            "bucketRegionalDomainName": f"{id_}.s3.{session.region_name}.{suffix}",
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
        if outputs.get("forceDestroy") and found(s3.head_bucket, *_NO_BUCKET, Bucket=id_) is not None:
            _empty(s3, id_)
        found(s3.delete_bucket, *_NO_BUCKET, Bucket=id_)

    def _tag(self, session: boto3.Session, bucket: str, given: Mapping[str, str]) -> None:
        if given:
            client(session, "s3").put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags(given)})


def _empty(s3: Any, bucket: str) -> None:
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        entries = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        objects = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries]
        if objects:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})


class _BucketSetting(Creator):
    """A setting of one bucket: put anew on every change; its id is the bucket's name."""

    replace_on = frozenset({"bucket"})
    missing: ClassVar[str]
    verb: ClassVar[str]
    """The API's calls are `put_`, `get_` and `delete_` this."""

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:  # noqa: ARG002 - has no name
        getattr(client(session, "s3"), f"put_{self.verb}")(**args)
        return str(args["Bucket"])

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the setting as S3 has it."""
        answer = found(getattr(client(session, "s3"), f"get_{self.verb}"), *_NO_BUCKET, self.missing, Bucket=id_)
        if answer is None:
            return None
        return {"bucket": id_, "region": session.region_name, **from_aws(self.shape, self._described(answer))}

    def _described(self, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer under the names that the put has."""
        return answer

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:  # noqa: ARG002 - put whole
        self._create(session, id_, args)

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Give the bucket back S3's default."""
        verb = {"bucket_lifecycle_configuration": "bucket_lifecycle"}.get(self.verb, self.verb)
        found(getattr(client(session, "s3"), f"delete_{verb}"), *_NO_BUCKET, self.missing, Bucket=id_)


class BucketPublicAccessBlock(_BucketSetting):
    """`aws.s3.BucketPublicAccessBlock`."""

    pulumi_type = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    verb = "public_access_block"
    missing = "NoSuchPublicAccessBlockConfiguration"
    shape: ClassVar[Shape] = {
        "bucket": "Bucket",
        "blockPublicAcls": "PublicAccessBlockConfiguration.BlockPublicAcls",
        "blockPublicPolicy": "PublicAccessBlockConfiguration.BlockPublicPolicy",
        "ignorePublicAcls": "PublicAccessBlockConfiguration.IgnorePublicAcls",
        "restrictPublicBuckets": "PublicAccessBlockConfiguration.RestrictPublicBuckets",
    }

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        return super()._create(session, name, {"PublicAccessBlockConfiguration": {}, **args})


class BucketOwnershipControls(_BucketSetting):
    """`aws.s3.BucketOwnershipControls`; Pulumi has one rule where S3 has a list of one."""

    pulumi_type = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
    verb = "bucket_ownership_controls"
    missing = "OwnershipControlsNotFoundError"
    shape: ClassVar[Shape] = {"bucket": "Bucket", "rule": ("OwnershipControls", {"objectOwnership": "ObjectOwnership"})}

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        return super()._create(session, name, {**args, "OwnershipControls": {"Rules": [args["OwnershipControls"]]}})

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the one rule."""
        answer = found(client(session, "s3").get_bucket_ownership_controls, *_NO_BUCKET, self.missing, Bucket=id_)
        if answer is None:
            return None
        ownership = answer["OwnershipControls"]["Rules"][0]["ObjectOwnership"]
        return {"bucket": id_, "region": session.region_name, "rule": {"objectOwnership": ownership}}


class BucketServerSideEncryptionConfiguration(_BucketSetting):
    """`aws.s3.BucketServerSideEncryptionConfiguration`."""

    pulumi_type = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    verb = "bucket_encryption"
    missing = "ServerSideEncryptionConfigurationNotFoundError"
    replace_on = frozenset({"bucket", "expectedBucketOwner"})
    shape: ClassVar[Shape] = {
        "bucket": "Bucket",
        "expectedBucketOwner": "ExpectedBucketOwner",
        "rules": (
            "ServerSideEncryptionConfiguration.Rules",
            {
                "applyServerSideEncryptionByDefault": (
                    "ApplyServerSideEncryptionByDefault",
                    {"sseAlgorithm": "SSEAlgorithm", "kmsMasterKeyId": "KMSMasterKeyID"},
                ),
                "bucketKeyEnabled": "BucketKeyEnabled",
            },
        ),
    }


_TRANSITION: Shape = {"days": "Days", "date": "Date", "storageClass": "StorageClass"}


class BucketLifecycleConfiguration(_BucketSetting):
    """`aws.s3.BucketLifecycleConfiguration`."""

    pulumi_type = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    verb = "bucket_lifecycle_configuration"
    missing = "NoSuchLifecycleConfiguration"
    replace_on = frozenset({"bucket", "expectedBucketOwner"})
    shape: ClassVar[Shape] = {
        "bucket": "Bucket",
        "expectedBucketOwner": "ExpectedBucketOwner",
        "rules": (
            "LifecycleConfiguration.Rules",
            {
                "id": "ID",
                "status": "Status",
                "prefix": "Prefix",
                "filter": (
                    "Filter",
                    {
                        "prefix": "Prefix",
                        "objectSizeGreaterThan": "ObjectSizeGreaterThan",
                        "objectSizeLessThan": "ObjectSizeLessThan",
                    },
                ),
                "abortIncompleteMultipartUpload": (
                    "AbortIncompleteMultipartUpload",
                    {"daysAfterInitiation": "DaysAfterInitiation"},
                ),
                "expiration": (
                    "Expiration",
                    {"days": "Days", "date": "Date", "expiredObjectDeleteMarker": "ExpiredObjectDeleteMarker"},
                ),
                "noncurrentVersionExpiration": (
                    "NoncurrentVersionExpiration",
                    {"noncurrentDays": "NoncurrentDays", "newerNoncurrentVersions": "NewerNoncurrentVersions"},
                ),
                "transitions": ("Transitions", _TRANSITION),
            },
        ),
    }

    def _described(self, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"LifecycleConfiguration": answer}


class BucketPolicy(_BucketSetting):
    """`aws.s3.BucketPolicy`."""

    pulumi_type = "aws:s3/bucketPolicy:BucketPolicy"
    verb = "bucket_policy"
    missing = "NoSuchBucketPolicy"
    shape: ClassVar[Shape] = {"bucket": "Bucket", "policy": "Policy"}

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        return super()._create(session, name, {**args, "Policy": document(args["Policy"])})


CREATORS: tuple[Creator, ...] = (
    Bucket(),
    BucketPublicAccessBlock(),
    BucketOwnershipControls(),
    BucketServerSideEncryptionConfiguration(),
    BucketLifecycleConfiguration(),
    BucketPolicy(),
)
