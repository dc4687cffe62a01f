"""A private S3 bucket: no public access, no plain HTTP, encrypted, and emptied of what is old."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components import _iam

LifecycleRule = aws.s3.BucketLifecycleConfigurationRuleArgsDict
_ABANDONED_AFTER_DAYS = 1
"""Parts of an upload that nobody completed are paid for, and shown nowhere."""


def expire(days: int) -> LifecycleRule:
    """Remove every object of an unversioned bucket after that many days, at least 1."""
    return {
        "id": "expire",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "expiration": {"days": days},
        "abort_incomplete_multipart_upload": {"days_after_initiation": _ABANDONED_AFTER_DAYS},
    }


def private_bucket(
    name: str,
    *,
    rules: Sequence[LifecycleRule],
    force_destroy: bool,
    opts: pulumi.ResourceOptions,
    object_lock: bool = False,
    protect: bool = False,
) -> aws.s3.Bucket:
    """Make a bucket with everything that guards it.

    Args:
        name: logical name; the physical one is left to Pulumi.
        rules: what happens to objects that are old.
        force_destroy: whether destroying the stack may remove a bucket that still holds objects.
        opts: options of every resource made here.
        object_lock: whether objects can be locked against deletion, each on its own; such a bucket keeps versions.
        protect: whether Pulumi refuses to delete the bucket; if not, what holds for its parent.
    """
    bucket = aws.s3.Bucket(
        name,
        force_destroy=force_destroy,
        object_lock_enabled=object_lock or None,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(protect=protect or None)),
    )
    # S3 refuses rules about versions before versioning is on.
    versioning = [_versioning(name, bucket, opts)] if object_lock else []
    aws.s3.BucketLifecycleConfiguration(
        f"{name}-lifecycle",
        bucket=bucket.bucket,
        rules=list(rules),
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=versioning)),
    )
    _guard(name, bucket, opts)
    return bucket


def _versioning(name: str, bucket: aws.s3.Bucket, opts: pulumi.ResourceOptions) -> aws.s3.BucketVersioning:
    return aws.s3.BucketVersioning(
        f"{name}-versioning", bucket=bucket.bucket, versioning_configuration={"status": "Enabled"}, opts=opts
    )


def _guard(name: str, bucket: aws.s3.Bucket, opts: pulumi.ResourceOptions) -> None:
    """Keep the public and plain HTTP out, and what is inside encrypted and the account's own."""
    access_block = aws.s3.BucketPublicAccessBlock(
        f"{name}-access-block",
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=opts,
    )
    aws.s3.BucketOwnershipControls(
        f"{name}-ownership", bucket=bucket.bucket, rule={"object_ownership": "BucketOwnerEnforced"}, opts=opts
    )
    aws.s3.BucketServerSideEncryptionConfiguration(
        f"{name}-encryption",
        bucket=bucket.bucket,
        rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
        opts=opts,
    )
    aws.s3.BucketPolicy(
        f"{name}-policy",
        bucket=bucket.bucket,
        policy=_iam.policy(_iam.refuse_plain_http("s3", bucket.arn, pulumi.Output.concat(bucket.arn, "/*"))),
        # S3 refuses concurrent changes of a bucket's policy and its public access block.
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[access_block])),
    )
