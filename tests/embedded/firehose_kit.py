"""Streams for the tests of Firehose: each with a table, a transform, a role, an error bucket and logs of its own."""

import base64
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws import iceberg
from embedded_aws.server import EmbeddedAws
from tests.embedded.gateway_kit import client, make_role, trust, unique, zip_of
from tests.embedded.lake_kit import make_table

AT = "2026-01-02T03:04:05.678Z"
COPY = """
def handler(event, context):
    return {"records": [{"recordId": r["recordId"], "result": "Ok", "data": r["data"]} for r in event["records"]]}
"""
PREFIX = "failed/!{firehose:error-output-type}/"
ACTIONS = (
    "glue:GetTable",
    "glue:GetDatabase",
    "glue:UpdateTable",
    "s3tables:GetTableBucket",
    "s3tables:GetNamespace",
    "s3tables:GetTable",
    "s3tables:GetTableMetadataLocation",
    "s3tables:GetTableData",
    "s3tables:PutTableData",
    "s3tables:UpdateTableMetadataLocation",
    "s3:GetBucketLocation",
    "s3:ListBucket",
    "s3:ListBucketMultipartUploads",
    "s3:AbortMultipartUpload",
    "s3:GetObject",
    "s3:PutObject",
    "lambda:InvokeFunction",
    "lambda:GetFunctionConfiguration",
    "logs:PutLogEvents",
)
"""What AWS's guide demands of the role of a stream into S3 Tables."""


@dataclass
class Stream:
    """A delivery stream and all around it; `settings` go into its Iceberg configuration."""

    aws: EmbeddedAws
    transform: str | None = None
    function_settings: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    fields: list[dict[str, Any]] | None = None
    qualifier: str = ":1"
    create: bool = True
    prefix: str = "stream"

    def __post_init__(self) -> None:
        self.name = unique(self.prefix)
        self.arn = f"arn:aws:firehose:{self.aws.region}:{self.aws.account}:deliverystream/{self.name}"
        self.firehose = client(self.aws, "firehose")
        self.table = make_table(self.aws, self.fields)
        self.bucket = unique("errors")
        client(self.aws, "s3").create_bucket(Bucket=self.bucket)
        self.log_group = f"/aws/kinesisfirehose/{self.name}"
        logs = client(self.aws, "logs")
        logs.create_log_group(logGroupName=self.log_group)
        for log_stream in ("DestinationDelivery", "BackupDelivery"):
            logs.create_log_stream(logGroupName=self.log_group, logStreamName=log_stream)
        self.role_name = unique("delivery")
        role = client(self.aws, "iam").create_role(
            RoleName=self.role_name, AssumeRolePolicyDocument=self.trust_policy()
        )
        self.role_arn = role["Role"]["Arn"]
        self.allow(ACTIONS)
        self.function_arn = self._make_function() if self.transform else ""
        if self.create:
            self.firehose.create_delivery_stream(
                DeliveryStreamName=self.name, IcebergDestinationConfiguration=self.configuration()
            )

    @property
    def catalog_arn(self) -> str:
        bucket = self.table.bucket_arn.rsplit("/", 1)[1]
        return f"arn:aws:glue:{self.aws.region}:{self.aws.account}:catalog/s3tablescatalog/{bucket}"

    def trust_policy(self) -> str:
        policy = json.loads(trust("firehose.amazonaws.com"))
        condition = {"sts:ExternalId": self.aws.account, "aws:SourceAccount": self.aws.account}
        policy["Statement"][0]["Condition"] = {"StringEquals": condition, "ArnEquals": {"aws:SourceArn": self.arn}}
        return json.dumps(policy)

    def allow(self, actions: Iterable[str]) -> None:
        """Let the stream's role do just these."""
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        client(self.aws, "iam").put_role_policy(
            RoleName=self.role_name,
            PolicyName="delivery",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        )

    def configuration(self) -> dict[str, Any]:
        return {
            "RoleARN": self.role_arn,
            "CatalogConfiguration": {"CatalogARN": self.catalog_arn},
            "DestinationTableConfigurationList": [
                {"DestinationDatabaseName": self.table.namespace, "DestinationTableName": self.table.table}
            ],
            "AppendOnly": True,
            "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 0},
            "RetryOptions": {"DurationInSeconds": 0},
            "CloudWatchLoggingOptions": self._logging("DestinationDelivery"),
            "S3Configuration": {
                "RoleARN": self.role_arn,
                "BucketARN": f"arn:aws:s3:::{self.bucket}",
                "ErrorOutputPrefix": PREFIX,
                "CloudWatchLoggingOptions": self._logging("BackupDelivery"),
            },
            **({"ProcessingConfiguration": self._processing()} if self.transform else {}),
            **self.settings,
        }

    def put(self, *rows: Any) -> None:
        """Put records; what is not bytes is written as JSON."""
        records = [{"Data": row if isinstance(row, bytes) else json.dumps(row).encode()} for row in rows]
        for start in range(0, len(records), 500):
            answer = self.firehose.put_record_batch(DeliveryStreamName=self.name, Records=records[start : start + 500])
            assert answer["FailedPutCount"] == 0

    def flush(self, timeout: float = 30) -> None:
        self.aws.firehose.flush(self.name, timeout=timeout)

    def rows(self) -> list[dict[str, Any]]:
        """The table's rows, by their `id`."""
        found = iceberg.load(self.table).scan().to_arrow().to_pylist()
        return sorted(found, key=lambda row: row["id"])

    def ids(self) -> list[str]:
        return [row["id"] for row in self.rows()]

    def objects(self) -> dict[str, list[dict[str, Any]]]:
        """The error bucket: key -> records."""
        s3 = client(self.aws, "s3")
        listed = s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])
        return {
            one["Key"]: [
                json.loads(line)
                for line in s3.get_object(Bucket=self.bucket, Key=one["Key"])["Body"].read().splitlines()
            ]
            for one in listed
        }

    def errors(self) -> list[dict[str, Any]]:
        return [record for records in self.objects().values() for record in records]

    def codes(self) -> list[str]:
        return sorted(record["errorCode"] for record in self.errors())

    def raw(self) -> list[Any]:
        """The failed records as they were put."""
        return [json.loads(base64.b64decode(record["rawData"])) for record in self.errors()]

    def log(self, log_stream: str = "DestinationDelivery") -> list[dict[str, Any]]:
        events = client(self.aws, "logs").get_log_events(
            logGroupName=self.log_group, logStreamName=log_stream, startFromHead=True
        )["events"]
        return [json.loads(event["message"]) for event in events]

    def metric(self, name: str) -> float:
        """The sum of a metric of the stream."""
        points = client(self.aws, "cloudwatch").get_metric_statistics(
            Namespace="AWS/Firehose",
            MetricName=name,
            Dimensions=[{"Name": "DeliveryStreamName", "Value": self.name}],
            StartTime="2020-01-01T00:00:00Z",
            EndTime="2100-01-01T00:00:00Z",
            Period=86400 * 30,
            Statistics=["Sum"],
        )["Datapoints"]
        return float(sum(point["Sum"] for point in points))

    def _logging(self, log_stream: str) -> dict[str, Any]:
        return {"Enabled": True, "LogGroupName": self.log_group, "LogStreamName": log_stream}

    def _processing(self) -> dict[str, Any]:
        values = {"LambdaArn": self.function_arn, "BufferIntervalInSeconds": "0", **self.parameters}
        parameters = [{"ParameterName": key, "ParameterValue": value} for key, value in values.items()]
        return {"Enabled": True, "Processors": [{"Type": "Lambda", "Parameters": parameters}]}

    def _make_function(self) -> str:
        name = unique("transform")
        logging = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
        role = make_role(self.aws, **{action.replace(":", "__"): "*" for action in logging})
        made = client(self.aws, "lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="app.handler",
            Role=role,
            Code={"ZipFile": zip_of(self.transform or COPY)},
            Publish=True,
            **self.function_settings,
        )
        return made["FunctionArn"].removesuffix(":1") + self.qualifier


def row(number: int, **values: Any) -> dict[str, Any]:
    """A record that is a row of `lake_kit.FIELDS`."""
    return {"id": f"r{number:05d}", "at": AT, "amount": number, **values}


def eventually(condition: Any, seconds: float = 20) -> Any:
    """Wait until a condition holds; gives its value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)
    return value


def refusal(call: Any, /, **arguments: Any) -> tuple[str, str]:
    """The code and message with which a call is refused."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]
