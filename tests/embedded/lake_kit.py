"""Iceberg tables for the tests, without the program."""

from typing import Any

from embedded_aws import iceberg
from embedded_aws.server import EmbeddedAws
from tests.embedded.gateway_kit import client, unique

FIELDS = [
    {"name": "id", "type": "string", "required": True},
    {"name": "at", "type": "timestamptz", "required": True},
    {"name": "amount", "type": "long"},
]


def make_table(aws: EmbeddedAws, fields: list[dict[str, Any]] | None = None) -> iceberg.TableName:
    """A table in a table bucket of its own, seen by Glue."""
    s3tables, glue = client(aws, "s3tables"), client(aws, "glue")
    if not any(one["Name"] == "s3tablescatalog" for one in glue.get_catalogs()["CatalogList"]):
        source = f"arn:aws:s3tables:{aws.region}:{aws.account}:bucket/*"
        # As the program makes it, since there is one for the account and all tests: governed by IAM.
        everybody = [{"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}]
        glue.create_catalog(
            Name="s3tablescatalog",
            CatalogInput={
                "FederatedCatalog": {"Identifier": source, "ConnectionName": "aws:s3tables"},
                "CreateDatabaseDefaultPermissions": everybody,
                "CreateTableDefaultPermissions": everybody,
                "AllowFullTableExternalDataAccess": "True",
            },
        )
    arn = s3tables.create_table_bucket(name=unique("lake"))["arn"]
    s3tables.create_namespace(tableBucketARN=arn, namespace=["metering"])
    schema = {"fields": fields or FIELDS}
    s3tables.create_table(
        tableBucketARN=arn,
        namespace="metering",
        name="requests",
        format="ICEBERG",
        metadata={"iceberg": {"schema": schema}},
    )
    return iceberg.TableName(arn, "metering", "requests")
