from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from embedded_aws.server import EmbeddedAws
from tests.embedded.gateway_kit import client, unique
from tests.embedded.queue_kit import client_of_user, code_of

LATER = datetime.now(UTC) + timedelta(days=10)
KEY = "final/period=2026-10/tenant=a%2Fb/INV-2026-000001.json"


@pytest.fixture(scope="module")
def bucket(aws: EmbeddedAws) -> str:
    name = unique("locked")
    client(aws, "s3").create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return name


def _lock(mode: str = "GOVERNANCE", until: datetime = LATER) -> dict[str, Any]:
    return {"ObjectLockMode": mode, "ObjectLockRetainUntilDate": until}


def _refusal(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return code_of(error)[0]


def test_of_many_writers_of_a_new_object_one_wins(aws: EmbeddedAws, bucket: str) -> None:
    s3 = client(aws, "s3")

    def write(number: int) -> str:
        try:
            s3.put_object(Bucket=bucket, Key=KEY, Body=str(number).encode(), IfNoneMatch="*", **_lock())
        except ClientError as error:
            return f"{error.response['ResponseMetadata']['HTTPStatusCode']} {error.response['Error']['Code']}"
        return "won"

    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(write, range(24)))
    assert sorted(outcomes) == ["412 PreconditionFailed"] * 23 + ["won"]
    assert s3.get_object(Bucket=bucket, Key=KEY)["Body"].read() == str(outcomes.index("won")).encode()
    assert len(s3.list_object_versions(Bucket=bucket, Prefix=KEY)["Versions"]) == 1


def test_a_lock_needs_the_permission_to_lock(aws: EmbeddedAws, bucket: str) -> None:
    objects = f"arn:aws:s3:::{bucket}/*"
    writer = client_of_user(aws, "s3", s3__PutObject=objects)
    locker = client_of_user(aws, "s3", s3__PutObject=objects, s3__PutObjectRetention=objects)
    key = unique("key")
    writer.put_object(Bucket=bucket, Key=key, Body=b"1")
    assert _refusal(writer.put_object, Bucket=bucket, Key=key, Body=b"2", **_lock()) == "AccessDenied"
    locker.put_object(Bucket=bucket, Key=key, Body=b"3", **_lock())
    shown = client(aws, "s3").head_object(Bucket=bucket, Key=key)
    assert (shown["ObjectLockMode"], shown["ObjectLockRetainUntilDate"].date()) == ("GOVERNANCE", LATER.date())


def test_a_version_under_governance_goes_only_by_a_bypass_that_is_permitted(aws: EmbeddedAws, bucket: str) -> None:
    s3, objects = client(aws, "s3"), f"arn:aws:s3:::{bucket}/*"
    key = unique("key")
    version = s3.put_object(Bucket=bucket, Key=key, Body=b"1", **_lock())["VersionId"]
    deleter = client_of_user(aws, "s3", s3__DeleteObject=objects, s3__DeleteObjectVersion=objects)
    target = {"Bucket": bucket, "Key": key, "VersionId": version}
    assert _refusal(deleter.delete_object, **target) == "AccessDenied"
    assert _refusal(deleter.delete_object, BypassGovernanceRetention=True, **target) == "AccessDenied"
    marker = deleter.delete_object(Bucket=bucket, Key=key)
    assert marker["DeleteMarker"]
    assert s3.get_object(**target)["Body"].read() == b"1"
    s3.delete_object(BypassGovernanceRetention=True, **target)
    assert _refusal(s3.get_object, **target) == "NoSuchVersion"


def test_a_version_under_compliance_does_not_go(aws: EmbeddedAws) -> None:
    s3, name = client(aws, "s3"), unique("kept")
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    version = s3.put_object(Bucket=name, Key="k", Body=b"1", **_lock("COMPLIANCE"))["VersionId"]
    target = {"Bucket": name, "Key": "k", "VersionId": version}
    assert _refusal(s3.delete_object, BypassGovernanceRetention=True, **target) == "AccessDenied"
    shorter = {"Mode": "COMPLIANCE", "RetainUntilDate": LATER - timedelta(days=1)}
    assert _refusal(s3.put_object_retention, Retention=shorter, **target) == "AccessDenied"


@pytest.mark.parametrize(
    ("lock", "message"),
    [
        (_lock(until=datetime(2020, 1, 1, tzinfo=UTC)), "The retain until date must be in the future!"),
        (_lock(mode="ETERNAL"), "Unknown wormMode directive: ETERNAL"),
        (
            {"ObjectLockMode": "GOVERNANCE"},
            "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
        ),
    ],
)
def test_a_lock_that_is_none_is_refused_and_nothing_is_written(
    aws: EmbeddedAws, bucket: str, lock: dict[str, Any], message: str
) -> None:
    s3, key = client(aws, "s3"), unique("key")
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key=key, Body=b"1", **lock)
    assert code_of(error) == ("InvalidArgument", message)
    assert _refusal(s3.head_object, Bucket=bucket, Key=key) == "404"


def test_a_lock_needs_a_checksum(aws: EmbeddedAws, bucket: str) -> None:
    thrifty = aws.session().client("s3", config=Config(request_checksum_calculation="when_required"))
    lock = {"Bucket": bucket, "Key": unique("key"), "Body": b"1", **_lock()}
    assert _refusal(thrifty.put_object, **lock) == "InvalidRequest"
    thrifty.put_object(**lock, ChecksumAlgorithm="CRC32")


def test_retention_cannot_be_set_into_the_past_or_without_a_lock(aws: EmbeddedAws, bucket: str) -> None:
    s3, plain = client(aws, "s3"), unique("plain")
    s3.put_object(Bucket=bucket, Key="k", Body=b"1")
    past = {"Mode": "GOVERNANCE", "RetainUntilDate": datetime(2020, 1, 1, tzinfo=UTC)}
    assert _refusal(s3.put_object_retention, Bucket=bucket, Key="k", Retention=past) == "InvalidArgument"
    s3.create_bucket(Bucket=plain)
    assert _refusal(s3.put_object, Bucket=plain, Key="k", Body=b"1", **_lock()) == "InvalidRequest"
