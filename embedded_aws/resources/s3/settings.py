"""The settings of a bucket that Pulumi keeps as resources of their own."""

from collections.abc import Mapping
from typing import Any, ClassVar

import boto3

from embedded_aws.resources._aws import client, found
from embedded_aws.resources._creator import Creator, Outputs, document
from embedded_aws.resources._shape import Shape, from_aws
from embedded_aws.resources.s3.bucket import NO_BUCKET


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
        answer = found(getattr(client(session, "s3"), f"get_{self.verb}"), *NO_BUCKET, self.missing, Bucket=id_)
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
        found(getattr(client(session, "s3"), f"delete_{verb}"), *NO_BUCKET, self.missing, Bucket=id_)


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
        answer = found(client(session, "s3").get_bucket_ownership_controls, *NO_BUCKET, self.missing, Bucket=id_)
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


class BucketVersioning(_BucketSetting):
    """`aws.s3.BucketVersioning`; S3 cannot forget that a bucket was versioned, so a deleted one is suspended."""

    pulumi_type = "aws:s3/bucketVersioning:BucketVersioning"
    verb = "bucket_versioning"
    replace_on = frozenset({"bucket", "expectedBucketOwner"})
    shape: ClassVar[Shape] = {
        "bucket": "Bucket",
        "expectedBucketOwner": "ExpectedBucketOwner",
        "versioningConfiguration": ("VersioningConfiguration", {"status": "Status"}),
    }

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the status; a bucket that was never versioned has none."""
        answer = found(client(session, "s3").get_bucket_versioning, *NO_BUCKET, Bucket=id_) or {}
        if "Status" not in answer:
            return None
        versioning = {"status": answer["Status"]}
        return {"bucket": id_, "region": session.region_name, "versioningConfiguration": versioning}

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Suspend versioning; where objects are locked it cannot be, and stays."""
        put = client(session, "s3").put_bucket_versioning
        found(put, *NO_BUCKET, "InvalidBucketState", Bucket=id_, VersioningConfiguration={"Status": "Suspended"})
