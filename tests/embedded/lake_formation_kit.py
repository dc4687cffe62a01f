"""A lake that Lake Formation guards, in a Region of its own: in the session's other one IAM decides."""

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from embedded_aws import iceberg
from embedded_aws.server import EmbeddedAws
from embedded_aws.session import EmbeddedSession

REGION, ACCOUNT = "eu-west-1", "000000000000"
BUCKETS = f"arn:aws:s3tables:{REGION}:{ACCOUNT}:bucket/*"
FIELDS = [
    {"id": 1, "name": "id", "type": "string", "required": True},
    {"id": 2, "name": "at", "type": "timestamptz", "required": True},
    {"id": 3, "name": "amount", "type": "long"},
]
EVERYBODY = [{"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}]
TRUSTED = ("sts:AssumeRole", "sts:SetContext", "sts:SetSourceIdentity")
OF_REGISTRATION = (
    *("s3tables:GetTableBucket", "s3tables:GetNamespace", "s3tables:GetTable", "s3tables:GetTableMetadataLocation"),
    *("s3tables:GetTableData", "s3tables:PutTableData", "s3tables:UpdateTableMetadataLocation"),
)


def session(aws: EmbeddedAws, **credentials: str) -> EmbeddedSession:
    """Act in the Region; without credentials as the account's root."""
    return EmbeddedSession(aws.url, region=REGION, **credentials)


def unique(name: str) -> str:
    return f"{name}-{uuid.uuid4().hex[:8]}"


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, on: str = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": on}


@dataclass
class Person:
    """A role, and a session of it."""

    arn: str
    session: Any

    @property
    def principal(self) -> dict[str, str]:
        return {"DataLakePrincipalIdentifier": self.arn}

    def client(self, service: str) -> Any:
        return self.session.client(service)


@dataclass
class GuardedLake:
    """A table bucket with one table, behind a resource link, and whoever is to see it."""

    aws: EmbeddedAws
    bucket: str = field(default_factory=lambda: unique("guarded"))
    namespace: str = "metering"
    table: str = "requests"

    def __post_init__(self) -> None:
        self.link = f"{self.bucket}_{self.namespace}".replace("-", "_")
        self.catalog_id = f"{ACCOUNT}:s3tablescatalog/{self.bucket}"
        self.bucket_arn = f"arn:aws:s3tables:{REGION}:{ACCOUNT}:bucket/{self.bucket}"
        self.workgroup = self.results = f"{self.bucket}-results"
        self._integrate()
        s3tables, athena = self.client("s3tables"), self.client("athena")
        s3tables.create_table_bucket(name=self.bucket)
        s3tables.create_namespace(tableBucketARN=self.bucket_arn, namespace=[self.namespace])
        s3tables.create_table(
            tableBucketARN=self.bucket_arn,
            namespace=self.namespace,
            name=self.table,
            format="ICEBERG",
            metadata={"iceberg": {"schema": {"fields": FIELDS}}},
        )
        target = {"CatalogId": self.catalog_id, "DatabaseName": self.namespace}
        self.client("glue").create_database(DatabaseInput={"Name": self.link, "TargetDatabase": target})
        self.client("s3").create_bucket(Bucket=self.results, CreateBucketConfiguration={"LocationConstraint": REGION})
        location = {"OutputLocation": f"s3://{self.results}/"}
        athena.create_work_group(Name=self.workgroup, Configuration={"ResultConfiguration": location})

    def client(self, service: str) -> Any:
        return session(self.aws).client(service)

    @property
    def through_link(self) -> str:
        """The table's name in SQL by the resource link."""
        return f'"AwsDataCatalog"."{self.link}"."{self.table}"'

    @property
    def by_catalog(self) -> str:
        """The table's name in SQL by its own catalog."""
        return f'"s3tablescatalog/{self.bucket}"."{self.namespace}"."{self.table}"'

    def on_link(self) -> dict[str, Any]:
        return {"Database": {"Name": self.link}}

    def on_namespace(self) -> dict[str, Any]:
        return {"Database": {"CatalogId": self.catalog_id, "Name": self.namespace}}

    def on_table(self) -> dict[str, Any]:
        return {"Table": {"CatalogId": self.catalog_id, "DatabaseName": self.namespace, "Name": self.table}}

    def person(self, *statements: dict[str, Any], path: str = "/people/") -> Person:
        """Make a role that may do what the statements say, or everything, as far as IAM decides."""
        iam, name = self.client("iam"), unique("person")
        root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
        arn = iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=policy(root))["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(*(statements or [allow("*")])))
        keys = self.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        credentials = {"access_key": keys["AccessKeyId"], "secret_key": keys["SecretAccessKey"]}
        return Person(arn, session(self.aws, **credentials, token=keys["SessionToken"]))

    def grant(self, person: Person, resource: dict[str, Any], *permissions: str, **more: Any) -> None:
        self.client("lakeformation").grant_permissions(
            Principal=person.principal, Resource=resource, Permissions=list(permissions), **more
        )

    def revoke(self, person: Person, resource: dict[str, Any], *permissions: str) -> None:
        self.client("lakeformation").revoke_permissions(
            Principal=person.principal, Resource=resource, Permissions=list(permissions)
        )

    def reader(self, *statements: dict[str, Any]) -> Person:
        """Make a role with all that a reader is granted."""
        made = self.person(*statements)
        self.grant(made, self.on_link(), "DESCRIBE")
        self.grant(made, self.on_namespace(), "DESCRIBE")
        self.grant(made, self.on_table(), "DESCRIBE", "SELECT")
        return made

    def append(self, *ids: str) -> None:
        """Write rows beside all permissions."""
        table = iceberg.load(iceberg.TableName(self.bucket_arn, self.namespace, self.table))
        rows = [{"id": one, "at": "2026-11-22T00:00:00+00:00", "amount": 1} for one in ids]
        schema = table.schema().as_arrow()
        columns = {name: pa.array([row[name] for row in rows]) for name in ("id", "amount")}
        columns["at"] = pa.array([row["at"] for row in rows]).cast(schema.field("at").type)
        table.append(pa.table([columns[one.name].cast(one.type) for one in schema], schema=schema))

    def query(self, person: Any, sql: str) -> list[list[str | None]]:
        """Run a query; gives its rows without the header.

        Raises:
            RuntimeError: it failed, with Athena's reason.
        """
        athena = person.client("athena")
        query = athena.start_query_execution(QueryString=sql, WorkGroup=self.workgroup)["QueryExecutionId"]
        while True:
            status = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
            if status["State"] not in {"QUEUED", "RUNNING"}:
                break
            time.sleep(0.01)
        if status["State"] != "SUCCEEDED":
            raise RuntimeError(status["StateChangeReason"])
        rows = athena.get_query_results(QueryExecutionId=query)["ResultSet"]["Rows"]
        return [[cell.get("VarCharValue") for cell in row["Data"]] for row in rows[1:]]

    def _integrate(self) -> None:
        """Make the Region's federated catalog, guarded, and its registration, unless they are there."""
        glue, lake_formation = self.client("glue"), self.client("lakeformation")
        if not glue.get_catalogs()["CatalogList"]:
            source = {"Identifier": BUCKETS, "ConnectionName": "aws:s3tables"}
            none: dict[str, list[Any]] = {"CreateDatabaseDefaultPermissions": [], "CreateTableDefaultPermissions": []}
            glue.create_catalog(Name="s3tablescatalog", CatalogInput={"FederatedCatalog": source, **none})
        if not any(one["ResourceArn"] == BUCKETS for one in lake_formation.list_resources()["ResourceInfoList"]):
            role = self.registration_role()
            lake_formation.register_resource(ResourceArn=BUCKETS, RoleArn=role, WithFederation=True)

    def registration_role(self, actions: tuple[str, ...] = OF_REGISTRATION, trusted: tuple[str, ...] = TRUSTED) -> str:
        """Make a role that Lake Formation can assume."""
        iam, name = self.client("iam"), unique("registration")
        service = {"Effect": "Allow", "Principal": {"Service": "lakeformation.amazonaws.com"}, "Action": list(trusted)}
        service["Condition"] = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(service))["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(allow(*actions)))
        return str(arn)


@contextmanager
def settings(lake: GuardedLake, **given: Any) -> Iterator[None]:
    """Put data-lake settings for a while."""
    client = lake.client("lakeformation")
    before = client.get_data_lake_settings()["DataLakeSettings"]
    before["Parameters"].pop("SET_CONTEXT")
    client.put_data_lake_settings(DataLakeSettings={**before, **given})
    try:
        yield
    finally:
        client.put_data_lake_settings(DataLakeSettings=before)
