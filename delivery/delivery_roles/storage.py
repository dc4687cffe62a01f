"""Where Pulumi keeps the stacks' states, and the key that encrypts the secrets in them."""

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from delivery_roles.documents import Statement, allow, document

OLD_STATES_DAYS = 365
"""Days that a state which was written over can be brought back."""


class DeliveryStorage(pulumi.ComponentResource):
    """A bucket for states, with every version of them, and a key for secrets; both protected."""

    bucket_name: pulumi.Output[str]
    """Name of the bucket."""
    bucket_arn: pulumi.Output[str]
    """ARN of the bucket."""
    key_arn: pulumi.Output[str]
    """ARN of the key."""
    key_alias: pulumi.Output[str]
    """Name of the key for people, `alias/…`."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("saas-metering-delivery:index:DeliveryStorage", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        guarded = pulumi.ResourceOptions(parent=self, protect=True)
        bucket = aws.s3.Bucket(f"{name}-states", opts=guarded)
        self.bucket_name, self.bucket_arn = bucket.bucket, bucket.arn
        _guard(f"{name}-states", bucket, child)
        key = aws.kms.Key(
            f"{name}-secrets",
            description="Encrypts the secrets in Pulumi's states and plans",
            enable_key_rotation=True,
            deletion_window_in_days=30,
            opts=guarded,
        )
        alias = aws.kms.Alias(
            f"{name}-secrets", name="alias/saas-metering-delivery", target_key_id=key.key_id, opts=child
        )
        self.key_arn, self.key_alias = key.arn, alias.name
        self.register_outputs({key: getattr(self, key) for key in DeliveryStorage.__annotations__})


def state_access(bucket_arn: str, key_arn: str, *, project: str, stack: str, write: bool) -> str:
    """Return the policy for one stack's state, and for the secrets in it.

    Args:
        bucket_arn: of the bucket of states.
        key_arn: of the key.
        project: name of the Pulumi project.
        stack: name of its stack.
        write: whether the state may change; a preview, a plan and a look for drift lock nothing and write nothing.
    """
    own = [
        f"stacks/{project}/{stack}.json*",
        f"history/{project}/{stack}/*",
        f"backups/{project}/{stack}/*",
        f"locks/organization/{project}/{stack}/*",
    ]
    objects = [f"{bucket_arn}/.pulumi/{path}" for path in own]
    statements: list[Statement] = [
        allow(["s3:ListBucket"], [bucket_arn]),
        allow(["s3:GetObject"], [f"{bucket_arn}/.pulumi/meta.yaml", *objects]),
        # The data key in Pulumi.<stack>.yaml is decrypted; with that, secrets are encrypted without AWS.
        allow(["kms:Decrypt"], [key_arn]),
    ]
    if write:
        statements.append(allow(["s3:DeleteObject", "s3:PutObject"], objects))
    return document(statements)


def _guard(name: str, bucket: aws.s3.Bucket, opts: pulumi.ResourceOptions) -> None:
    """Keep the public and plain HTTP out, and old states for a while."""
    block = aws.s3.BucketPublicAccessBlock(
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
    versioning = aws.s3.BucketVersioning(
        f"{name}-versioning", bucket=bucket.bucket, versioning_configuration={"status": "Enabled"}, opts=opts
    )
    aws.s3.BucketLifecycleConfiguration(
        f"{name}-lifecycle",
        bucket=bucket.bucket,
        rules=[
            {
                "id": "old-states",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "noncurrent_version_expiration": {"noncurrent_days": OLD_STATES_DAYS},
            }
        ],
        # S3 refuses rules about versions before versioning is on.
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[versioning])),
    )
    aws.s3.BucketPolicy(
        f"{name}-policy",
        bucket=bucket.bucket,
        policy=bucket.arn.apply(_refuse_plain_http),
        # S3 refuses concurrent changes of a bucket's policy and its public access block.
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[block])),
    )


def _refuse_plain_http(bucket_arn: str) -> str:
    resources: Sequence[str] = [bucket_arn, f"{bucket_arn}/*"]
    statement: dict[str, Any] = {
        "Sid": "RefusePlainHttp",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": resources,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return document([statement])
