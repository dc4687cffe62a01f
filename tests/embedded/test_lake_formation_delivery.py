"""Streams into tables that Lake Formation guards: what Firehose asks for, when it starts and at each commit."""

import json
from typing import Any

import pytest

from embedded_aws import iceberg
from embedded_aws.server import EmbeddedAws
from tests.embedded.firehose_kit import eventually, refusal
from tests.embedded.lake_formation_kit import ACCOUNT, BUCKETS, REGION, GuardedLake, Person, allow, policy, unique

ON_BUCKET = ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads")
ON_OBJECT = ("s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject")
ENOUGH = (
    "glue:GetDatabase",
    "glue:GetTable",
    "glue:UpdateTable",
    *ON_BUCKET,
    *ON_OBJECT,
    "lakeformation:GetDataAccess",
)
"""What a stream's role needs by IAM: nothing of S3 Tables."""


class GuardedStream:
    """A stream whose role has all that it needs."""

    def __init__(self, lake: GuardedLake, *, retry_seconds: int = 0) -> None:
        self.lake, self.name, self.errors = lake, unique("guarded-stream"), unique("guarded-errors")
        self.firehose, self.s3 = lake.client("firehose"), lake.client("s3")
        self.s3.create_bucket(Bucket=self.errors, CreateBucketConfiguration={"LocationConstraint": REGION})
        iam, role = lake.client("iam"), unique("stream")
        service = {"Effect": "Allow", "Principal": {"Service": "firehose.amazonaws.com"}, "Action": "sts:AssumeRole"}
        arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=policy(service))["Role"]["Arn"]
        self.role = Person(arn, None)
        self.allow(*ENOUGH)
        lake.grant(self.role, lake.on_namespace(), "DESCRIBE")
        lake.grant(self.role, lake.on_table(), "ALL")
        self.configuration = {
            "RoleARN": arn,
            "CatalogConfiguration": {
                "CatalogARN": f"arn:aws:glue:{REGION}:{ACCOUNT}:catalog/s3tablescatalog/{lake.bucket}"
            },
            "DestinationTableConfigurationList": [
                {"DestinationDatabaseName": lake.namespace, "DestinationTableName": lake.table}
            ],
            "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 0},
            "RetryOptions": {"DurationInSeconds": retry_seconds},
            "S3Configuration": {"RoleARN": arn, "BucketARN": f"arn:aws:s3:::{self.errors}"},
        }

    def allow(self, *actions: str) -> None:
        name = self.role.arn.rsplit("/", 1)[-1]
        self.lake.client("iam").put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(allow(*actions)))

    def create(self) -> None:
        self.firehose.create_delivery_stream(
            DeliveryStreamName=self.name, IcebergDestinationConfiguration=self.configuration
        )

    def put(self, *ids: str) -> None:
        records = [{"Data": json.dumps({"id": one, "at": "2026-11-22T00:00:00Z"}).encode()} for one in ids]
        self.firehose.put_record_batch(DeliveryStreamName=self.name, Records=records)

    def flush(self) -> None:
        self.lake.aws.firehose.flush(self.name)

    def ids(self) -> list[str]:
        """The table's rows."""
        lake = self.lake
        table = iceberg.load(iceberg.TableName(lake.bucket_arn, lake.namespace, lake.table))
        return sorted(row["id"] for row in table.scan().to_arrow().to_pylist())

    def failed(self) -> list[tuple[str, str]]:
        """The records in the error bucket: code and message."""
        listed = self.s3.list_objects_v2(Bucket=self.errors).get("Contents", [])
        lines = [
            json.loads(line)
            for one in listed
            for line in self.s3.get_object(Bucket=self.errors, Key=one["Key"])["Body"].read().splitlines()
        ]
        return [(line["errorCode"], line["errorMessage"]) for line in lines]


@pytest.fixture
def lake(aws: EmbeddedAws) -> GuardedLake:
    return GuardedLake(aws)


def test_a_stream_with_its_grants_delivers_without_a_policy_on_the_table(lake: GuardedLake) -> None:
    stream = GuardedStream(lake)
    stream.create()
    stream.put("a", "b")
    stream.flush()
    assert (stream.ids(), stream.failed()) == (["a", "b"], [])


@pytest.mark.parametrize("resource", ["on_namespace", "on_table"])
def test_a_stream_is_not_made_whose_role_may_not_see_its_table(lake: GuardedLake, resource: str) -> None:
    stream, about = GuardedStream(lake), getattr(lake, resource)()
    lake.revoke(stream.role, about, "DESCRIBE")
    [named] = about.values()
    code, message = refusal(
        stream.firehose.create_delivery_stream,
        DeliveryStreamName=stream.name,
        IcebergDestinationConfiguration=stream.configuration,
    )
    assert code == "InvalidArgumentException"
    assert message == (
        f"Access was denied when calling Glue. Please ensure that the role {stream.role.arn} has the necessary "
        f"permissions. Insufficient Lake Formation permission(s): Required Describe on {named['Name']}"
    )


@pytest.mark.parametrize(
    ("resource", "permission", "told"), [("on_namespace", "DESCRIBE", "Describe"), ("on_table", "INSERT", "All")]
)
def test_without_a_grant_records_wait_and_are_rows_once_it_is_back(
    lake: GuardedLake, resource: str, permission: str, told: str
) -> None:
    stream, about = GuardedStream(lake, retry_seconds=7200), getattr(lake, resource)()
    stream.create()
    lake.revoke(stream.role, about, permission)
    stream.put("a")
    denied = {"Namespace": "AWS/Firehose", "MetricName": "DeliveryToIceberg.Success"}
    eventually(lambda: lake.client("cloudwatch").list_metrics(**denied)["Metrics"])
    assert (stream.ids(), stream.failed()) == ([], [])
    lake.grant(stream.role, about, *(["ALL"] if permission == "INSERT" else [permission]))
    eventually(stream.ids)
    assert (stream.ids(), stream.failed()) == (["a"], [])
    # What nobody gives back in time is in the error bucket, with the reason.
    lake.revoke(stream.role, about, permission)
    stream.put("b")
    stream.flush()
    [named] = about.values()
    [(code, message)] = stream.failed()
    assert (stream.ids(), code) == (["a"], "Lakeformation.AccessDenied")
    assert message == (
        f"Access was denied to {stream.role.arn}. Insufficient Lake Formation permission(s): "
        f"Required {told} on {named['Name']}"
    )


def test_a_commit_asks_iam_for_credentials_and_lake_formation_for_a_registration(lake: GuardedLake) -> None:
    stream, client = GuardedStream(lake), lake.client("lakeformation")
    stream.create()
    stream.allow(*(action for action in ENOUGH if action != "lakeformation:GetDataAccess"))
    stream.put("a")
    stream.flush()
    stream.allow(*ENOUGH)
    before = client.describe_resource(ResourceArn=BUCKETS)["ResourceInfo"]["RoleArn"]
    client.deregister_resource(ResourceArn=BUCKETS)
    stream.put("b")
    stream.flush()
    client.register_resource(ResourceArn=BUCKETS, RoleArn=before, WithFederation=True)
    stream.put("c")
    stream.flush()
    failed: list[Any] = sorted(stream.failed(), key=str)
    assert (stream.ids(), [code for code, _ in failed]) == (["c"], ["Lakeformation.AccessDenied"] * 2)
    told = "\n".join(message for _, message in failed)
    assert "is not authorized to perform: lakeformation:GetDataAccess on resource: *" in told
    assert f"{lake.bucket_arn} is not registered with Lake Formation with federation" in told
