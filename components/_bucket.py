"""A private S3 bucket: no public access, no plain HTTP, encrypted, and emptied of what is old."""

import pulumi
import pulumi_aws as aws

from components import _iam


def private_bucket(name: str, *, expire_days: int, force_destroy: bool, opts: pulumi.ResourceOptions) -> aws.s3.Bucket:
    """Make a bucket with everything that guards it.

    Args:
        name: logical name; the physical one is left to Pulumi.
        expire_days: days after which objects are removed; at least 1.
        force_destroy: whether destroying the stack may remove a bucket that still holds objects.
        opts: options of every resource made here.
    """
    bucket = aws.s3.Bucket(name, force_destroy=force_destroy, opts=opts)
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
    aws.s3.BucketLifecycleConfiguration(
        f"{name}-lifecycle",
        bucket=bucket.bucket,
        rules=[
            {
                "id": "expire",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "expiration": {"days": expire_days},
                "abort_incomplete_multipart_upload": {"days_after_initiation": 1},
            }
        ],
        opts=opts,
    )
    aws.s3.BucketPolicy(
        f"{name}-policy",
        bucket=bucket.bucket,
        policy=_iam.policy(_iam.refuse_plain_http(bucket.arn)),
        # S3 refuses concurrent changes of a bucket's policy and its public access block.
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[access_block])),
    )
    return bucket
