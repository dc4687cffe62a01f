"""Every bucket of the program: private, encrypted, over TLS alone, and emptied of what is old."""

import pytest

from tests.unit.components.harness import Deployment


@pytest.mark.parametrize("bucket", ["billing-documents", "events-ingest-errors", "ingest-errors", "lake-results"])
def test_buckets_are_private_and_encrypted(program: Deployment, bucket: str) -> None:
    physical = f"{bucket}-0000"
    assert program.one("BucketPublicAccessBlock", f"{bucket}-access-block").inputs == {
        "bucket": physical,
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    }
    assert program.one("BucketOwnershipControls", f"{bucket}-ownership").inputs == {
        "bucket": physical,
        "rule": {"objectOwnership": "BucketOwnerEnforced"},
    }
    assert program.one("BucketServerSideEncryptionConfiguration", f"{bucket}-encryption").inputs == {
        "bucket": physical,
        "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}],
    }
    policy = program.one("BucketPolicy", f"{bucket}-policy")
    assert policy.inputs["bucket"] == physical
    assert policy.policy()["Statement"] == [
        {
            "Sid": "RefusePlainHttp",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [f"arn:aws-test:s3:::{physical}", f"arn:aws-test:s3:::{physical}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]
    assert f"{bucket}-access-block" in policy.depends_on


@pytest.mark.parametrize(
    ("bucket", "days"), [("events-ingest-errors", 90), ("ingest-errors", 90), ("lake-results", 30)]
)
def test_buckets_are_emptied_of_what_is_old(program: Deployment, bucket: str, days: int) -> None:
    assert program.one("BucketLifecycleConfiguration", f"{bucket}-lifecycle").inputs == {
        "bucket": f"{bucket}-0000",
        "rules": [
            {
                "id": "expire",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "expiration": {"days": days},
                "abortIncompleteMultipartUpload": {"daysAfterInitiation": 1},
            }
        ],
    }


def test_every_bucket_is_guarded(program: Deployment) -> None:
    assert program.names("Bucket") == [*("billing-documents", "events-ingest-errors", "ingest-errors", "lake-results")]
