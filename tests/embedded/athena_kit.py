"""A small lake of its own for each test module: a table bucket with one table, a results bucket, a workgroup, roles."""

import functools
import json
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from botocore.exceptions import ClientError

from embedded_aws import iceberg
from embedded_aws.server import EmbeddedAws

FEDERATION = {
    "FederatedCatalog": {
        "Identifier": "arn:aws:s3tables:us-east-1:000000000000:bucket/*",
        "ConnectionName": "aws:s3tables",
    },
    "CreateDatabaseDefaultPermissions": [
        {"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}
    ],
    "CreateTableDefaultPermissions": [
        {"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}
    ],
    "AllowFullTableExternalDataAccess": "True",
}
FIELDS = [
    {"id": 1, "name": "key", "type": "string", "required": True},
    {"id": 2, "name": "time", "type": "timestamptz", "required": True},
    {"id": 3, "name": "bytes", "type": "long"},
    {"id": 4, "name": "price", "type": "decimal(10,2)"},
    {"id": 5, "name": "billable", "type": "boolean"},
]
BY_DAY = {"fields": [{"sourceId": 2, "transform": "day", "name": "time_day"}]}


@dataclass
class Execution:
    """How a query ended; `rows` as text, the header row first."""

    id: str
    state: str
    reason: str | None
    scanned: int
    location: str
    described: list[tuple[str, str]]
    rows: list[list[str | None]]


@dataclass
class Lake:
    """The resources of one test module."""

    aws: EmbeddedAws
    bucket: str
    results: str
    workgroup: str
    namespace: str = "usage"
    table: str = "requests"

    @classmethod
    def make(cls, aws: EmbeddedAws, name: str) -> "Lake":
        """Make a lake whose names begin with `name`."""
        unique = f"{name}-{uuid.uuid4().hex[:8]}"
        lake = cls(aws, f"{unique}-lake", f"{unique}-results", unique)
        lake.client("s3").create_bucket(Bucket=lake.results)
        lake.client("s3tables").create_table_bucket(name=lake.bucket)
        lake.client("s3tables").create_namespace(tableBucketARN=lake.bucket_arn, namespace=[lake.namespace])
        lake.client("athena").create_work_group(
            Name=lake.workgroup,
            Configuration={
                "EnforceWorkGroupConfiguration": True,
                "ResultConfiguration": {"OutputLocation": f"s3://{lake.results}/answers/"},
            },
        )
        integrate(aws)
        lake.create_table(lake.table)
        return lake

    def client(self, service: str) -> Any:
        """Give root's client of a service; making one takes longer than most calls."""
        return _client(self.aws, service)

    @property
    def bucket_arn(self) -> str:
        return f"arn:aws:s3tables:us-east-1:000000000000:bucket/{self.bucket}"

    @property
    def name(self) -> str:
        """The table's full name in SQL."""
        return f'"s3tablescatalog/{self.bucket}"."{self.namespace}"."{self.table}"'

    @property
    def table_arn(self) -> str:
        s3tables = self.client("s3tables")
        named = {"tableBucketARN": self.bucket_arn, "namespace": self.namespace, "name": self.table}
        return str(s3tables.get_table(**named)["tableARN"])

    def create_table(self, name: str) -> None:
        """Make a table of `FIELDS`, partitioned by day."""
        self.client("s3tables").create_table(
            tableBucketARN=self.bucket_arn,
            namespace=self.namespace,
            name=name,
            format="ICEBERG",
            metadata={"iceberg": {"schema": {"fields": FIELDS}, "partitionSpec": BY_DAY}},
        )

    def append(self, rows: list[dict[str, Any]], table: str | None = None) -> None:
        """Write rows, one file for each day."""
        loaded = iceberg.load(iceberg.TableName(self.bucket_arn, self.namespace, table or self.table))
        loaded.append(pa.Table.from_pylist(rows, schema=loaded.schema().as_arrow()))

    def start(self, sql: str, session: Any = None, **options: Any) -> str:
        """Start a query in the workgroup and give its id."""
        athena = session.client("athena") if session else self.client("athena")
        return str(
            athena.start_query_execution(QueryString=sql, **{"WorkGroup": self.workgroup, **options})[
                "QueryExecutionId"
            ]
        )

    def query(self, sql: str, session: Any = None, **options: Any) -> Execution:
        """Run a query to its end; `{table}` in it is the table."""
        query_id = self.start(sql.replace("{table}", self.name), session, **options)
        athena = self.client("athena")
        while True:
            execution = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
            status = execution["Status"]
            if status["State"] not in {"QUEUED", "RUNNING"}:
                break
            time.sleep(0.01)
        described, rows = [], []
        if status["State"] == "SUCCEEDED":
            found = athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]
            described = [(info["Name"], info["Type"]) for info in found["ResultSetMetadata"]["ColumnInfo"]]
            rows = [[cell.get("VarCharValue") for cell in row["Data"]] for row in found["Rows"]]
        return Execution(
            id=query_id,
            state=status["State"],
            reason=status.get("StateChangeReason"),
            scanned=execution["Statistics"]["DataScannedInBytes"],
            location=execution["ResultConfiguration"]["OutputLocation"],
            described=described,
            rows=rows,
        )

    def rows(self, sql: str, **options: Any) -> list[list[str | None]]:
        """Run a query that must succeed and give its rows without the header."""
        execution = self.query(sql, **options)
        assert (execution.state, execution.reason) == ("SUCCEEDED", None)
        return execution.rows[1:]

    def role(self, statements: list[dict[str, Any]]) -> Any:
        """Give a session of a new role that may do just what the statements say."""
        iam, name = self.client("iam"), f"reader-{uuid.uuid4().hex[:8]}"
        trust = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "sts:AssumeRole"}
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy([trust]))["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="reads", PolicyDocument=_policy(statements))
        assumed = self.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        return self.aws.session(
            access_key=assumed["AccessKeyId"], secret_key=assumed["SecretAccessKey"], token=assumed["SessionToken"]
        )


@functools.cache
def _client(aws: EmbeddedAws, service: str) -> Any:
    return aws.session().client(service)


def integrate(aws: EmbeddedAws) -> None:
    """Make the account's S3 Tables catalog unless it is there."""
    with suppress(ClientError):
        aws.session().client("glue").create_catalog(Name="s3tablescatalog", CatalogInput=FEDERATION)


def _policy(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
