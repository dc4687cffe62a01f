"""S3 buckets and the settings that Pulumi keeps as resources of their own."""

from embedded_aws.resources._creator import Creator
from embedded_aws.resources.s3.bucket import Bucket
from embedded_aws.resources.s3.settings import (
    BucketLifecycleConfiguration,
    BucketOwnershipControls,
    BucketPolicy,
    BucketPublicAccessBlock,
    BucketServerSideEncryptionConfiguration,
    BucketVersioning,
)

CREATORS: tuple[Creator, ...] = (
    Bucket(),
    BucketPublicAccessBlock(),
    BucketOwnershipControls(),
    BucketServerSideEncryptionConfiguration(),
    BucketLifecycleConfiguration(),
    BucketPolicy(),
    BucketVersioning(),
)
