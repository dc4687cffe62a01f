"""Glue's view of S3 Tables: the federated catalog, its children, and what a caller needs to see them."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.server import EmbeddedAws
from tests.embedded.athena_kit import FEDERATION, Lake, integrate

ACCOUNT = "000000000000"
GLUE = f"arn:aws:glue:us-east-1:{ACCOUNT}"


@pytest.fixture(scope="module")
def lake(aws: EmbeddedAws) -> Lake:
    return Lake.make(aws, "glue")


@contextmanager
def not_integrated(lake: Lake) -> Iterator[Any]:
    """Take the account's federated catalog away for a while; others rely on it."""
    glue = lake.client("glue")
    kept = glue.get_catalog(CatalogId="s3tablescatalog")["Catalog"]
    glue.delete_catalog(CatalogId="s3tablescatalog")
    try:
        yield glue
    finally:
        given = {key: kept[key] for key in FEDERATION if key in kept}
        glue.create_catalog(Name="s3tablescatalog", CatalogInput=given)


def code(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


def test_the_catalog_keeps_its_fields(lake: Lake) -> None:
    with not_integrated(lake) as glue:
        glue.create_catalog(Name="s3tablescatalog", CatalogInput=FEDERATION)
        found = glue.get_catalog(CatalogId=f"{ACCOUNT}:s3tablescatalog")["Catalog"]
        assert {key: found[key] for key in FEDERATION} == FEDERATION
        assert (found["Name"], found["CatalogId"], found["ResourceArn"]) == (
            "s3tablescatalog",
            f"{ACCOUNT}:s3tablescatalog",
            f"{GLUE}:catalog/s3tablescatalog",
        )
        glue.update_catalog(
            CatalogId="s3tablescatalog", CatalogInput={**FEDERATION, "CreateTableDefaultPermissions": []}
        )
        assert glue.get_catalog(CatalogId="s3tablescatalog")["Catalog"]["CreateTableDefaultPermissions"] == []
        glue.delete_catalog(CatalogId="s3tablescatalog")


def test_it_exists_once_whatever_its_name(lake: Lake) -> None:
    create = lake.client("glue").create_catalog
    assert code(create, Name="s3tablescatalog", CatalogInput=FEDERATION) == "AlreadyExistsException"
    assert code(create, Name="mine", CatalogInput=FEDERATION) == "FederatedResourceAlreadyExistsException"


def test_it_federates_this_accounts_tables_only(lake: Lake) -> None:
    with not_integrated(lake) as glue:
        create = glue.create_catalog
        other = {**FEDERATION["FederatedCatalog"], "Identifier": "arn:aws:s3tables:eu-west-1:1:bucket/*"}
        assert code(create, Name="s3tablescatalog", CatalogInput={"FederatedCatalog": other}) == "InvalidInputException"
        unknown = {**FEDERATION["FederatedCatalog"], "ConnectionName": "nope"}
        assert code(create, Name="s3tablescatalog", CatalogInput={"FederatedCatalog": unknown}) == (
            "EntityNotFoundException"
        )


def test_every_table_bucket_is_a_child(lake: Lake) -> None:
    glue = lake.client("glue")
    child = f"{ACCOUNT}:s3tablescatalog/{lake.bucket}"
    found = glue.get_catalog(CatalogId=child)["Catalog"]
    assert (found["Name"], found["CatalogId"], found["ResourceArn"]) == (
        lake.bucket,
        child,
        f"{GLUE}:catalog/s3tablescatalog/{lake.bucket}",
    )
    assert found["FederatedCatalog"]["Identifier"] == lake.bucket_arn
    below = glue.get_catalogs(ParentCatalogId=f"{ACCOUNT}:s3tablescatalog")["CatalogList"]
    assert lake.bucket in {catalog["Name"] for catalog in below}
    tops = {catalog["Name"] for catalog in glue.get_catalogs()["CatalogList"]}
    assert ("s3tablescatalog" in tops, lake.bucket in tops) == (True, False)
    everything = {catalog["Name"] for catalog in glue.get_catalogs(Recursive=True)["CatalogList"]}
    assert everything >= {"s3tablescatalog", lake.bucket}


def test_a_new_table_bucket_appears_by_itself(lake: Lake) -> None:
    name = f"glue-{uuid.uuid4().hex[:8]}"
    get = lake.client("glue").get_catalog
    assert code(get, CatalogId=f"s3tablescatalog/{name}") == "EntityNotFoundException"
    arn = lake.client("s3tables").create_table_bucket(name=name)["arn"]
    assert get(CatalogId=f"s3tablescatalog/{name}")["Catalog"]["Name"] == name
    lake.client("s3tables").delete_table_bucket(tableBucketARN=arn)
    assert code(get, CatalogId=f"s3tablescatalog/{name}") == "EntityNotFoundException"


def test_namespaces_are_databases_and_tables_have_hives_types(lake: Lake) -> None:
    glue, child = lake.client("glue"), f"{ACCOUNT}:s3tablescatalog/{lake.bucket}"
    assert [found["Name"] for found in glue.get_databases(CatalogId=child)["DatabaseList"]] == [lake.namespace]
    assert glue.get_database(CatalogId=child, Name=lake.namespace)["Database"]["CatalogId"] == child
    table = glue.get_table(CatalogId=child, DatabaseName=lake.namespace, Name=lake.table)["Table"]
    assert table["StorageDescriptor"]["Columns"] == [
        {"Name": "key", "Type": "string"},
        {"Name": "time", "Type": "timestamp"},
        {"Name": "bytes", "Type": "bigint"},
        {"Name": "price", "Type": "decimal(10,2)"},
        {"Name": "billable", "Type": "boolean"},
    ]
    named = {"tableBucketARN": lake.bucket_arn, "namespace": lake.namespace, "name": lake.table}
    location = lake.client("s3tables").get_table_metadata_location(**named)["metadataLocation"]
    assert table["Parameters"] == {"table_type": "ICEBERG", "metadata_location": location}
    listed = glue.get_tables(CatalogId=child, DatabaseName=lake.namespace)["TableList"]
    assert [found["Name"] for found in listed] == [lake.table]


def test_what_is_not_there_is_not_found(lake: Lake) -> None:
    glue, child = lake.client("glue"), f"{ACCOUNT}:s3tablescatalog/{lake.bucket}"
    assert code(glue.get_database, CatalogId=child, Name="nope") == "EntityNotFoundException"
    assert code(glue.get_table, CatalogId=child, DatabaseName=lake.namespace, Name="nope") == "EntityNotFoundException"
    assert code(glue.get_tables, CatalogId=child, DatabaseName="nope") == "EntityNotFoundException"
    assert code(glue.get_databases, CatalogId="s3tablescatalog/nope") == "EntityNotFoundException"


def test_without_the_federated_catalog_nothing_is_seen(lake: Lake) -> None:
    child = f"{ACCOUNT}:s3tablescatalog/{lake.bucket}"
    with not_integrated(lake) as glue:
        assert code(glue.get_catalog, CatalogId="s3tablescatalog") == "EntityNotFoundException"
        assert code(glue.get_catalog, CatalogId=child) == "EntityNotFoundException"
        named = {"CatalogId": child, "DatabaseName": lake.namespace, "Name": lake.table}
        assert code(glue.get_table, **named) == "EntityNotFoundException"
        assert (lake.query("SELECT 1 FROM {table}").reason or "").startswith("CATALOG_NOT_FOUND: ")
    integrate(lake.aws)
    assert lake.query("SELECT 1 FROM {table}").state == "SUCCEEDED"


def test_the_accounts_own_catalog_is_still_there(lake: Lake) -> None:
    glue, name = lake.client("glue"), f"own_{uuid.uuid4().hex[:8]}"
    glue.create_database(DatabaseInput={"Name": name})
    assert glue.get_database(Name=name)["Database"]["Name"] == name
    glue.delete_database(Name=name)


def test_a_table_is_seen_with_every_arn_and_not_without_one(lake: Lake) -> None:
    child = f"s3tablescatalog/{lake.bucket}"
    arns = [
        f"{GLUE}:catalog",
        f"{GLUE}:catalog/s3tablescatalog",
        f"{GLUE}:catalog/{child}",
        f"{GLUE}:database/{lake.namespace}",
        f"{GLUE}:database/{child}/{lake.namespace}",
        f"{GLUE}:table/{lake.namespace}/{lake.table}",
        f"{GLUE}:table/{child}/{lake.namespace}/{lake.table}",
    ]
    named = {"CatalogId": f"{ACCOUNT}:{child}", "DatabaseName": lake.namespace, "Name": lake.table}

    def reader(resources: list[str]) -> Any:
        return lake.role([{"Effect": "Allow", "Action": "glue:GetTable", "Resource": resources}]).client("glue")

    assert reader(arns).get_table(**named)["Table"]["Name"] == lake.table
    for missing in arns:
        left = [arn for arn in arns if arn != missing]
        assert code(reader(left).get_table, **named) == "AccessDeniedException", missing


def test_a_federated_catalog_is_made_with_the_right_to_pass_its_connection(lake: Lake) -> None:
    create = {
        "Effect": "Allow",
        "Action": ["glue:CreateCatalog", "glue:DeleteCatalog"],
        "Resource": [f"{GLUE}:catalog", f"{GLUE}:catalog/s3tablescatalog"],
    }
    pass_on = {"Effect": "Allow", "Action": "glue:PassConnection", "Resource": f"{GLUE}:connection/aws:s3tables"}
    with not_integrated(lake):
        named = {"Name": "s3tablescatalog", "CatalogInput": FEDERATION}
        assert code(lake.role([create]).client("glue").create_catalog, **named) == "AccessDeniedException"
        maker = lake.role([create, pass_on]).client("glue")
        maker.create_catalog(**named)
        maker.delete_catalog(CatalogId="s3tablescatalog")
