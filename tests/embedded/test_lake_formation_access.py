"""Who sees and queries tables that Lake Formation guards, through a resource link and by their catalog."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.server import EmbeddedAws
from tests.embedded.firehose_kit import refusal
from tests.embedded.lake_formation_kit import (
    BUCKETS,
    EVERYBODY,
    OF_REGISTRATION,
    TRUSTED,
    GuardedLake,
    Person,
    allow,
    settings,
)

LACKS = "Insufficient permissions to execute the query. Insufficient Lake Formation permission(s): Required {} on {}"
WAYS = ("through_link", "by_catalog")


@pytest.fixture(scope="module")
def lake(aws: EmbeddedAws) -> GuardedLake:
    made = GuardedLake(aws)
    made.append("a")
    return made


@pytest.fixture(scope="module")
def reader(lake: GuardedLake) -> Person:
    return lake.reader()


@contextmanager
def without(lake: GuardedLake, person: Person, resource: dict[str, Any], *permissions: str) -> Iterator[None]:
    """Take a grant away for a while."""
    lake.revoke(person, resource, *permissions)
    try:
        yield
    finally:
        lake.grant(person, resource, *permissions)


def failure(lake: GuardedLake, person: Any, sql: str) -> str:
    with pytest.raises(RuntimeError) as caught:
        lake.query(person, sql)
    return str(caught.value)


@pytest.mark.parametrize("way", WAYS)
def test_a_reader_selects_and_does_nothing_else(lake: GuardedLake, reader: Person, way: str) -> None:
    name = getattr(lake, way)
    assert lake.query(reader, f"SELECT id FROM {name}") == [["a"]]  # noqa: S608 - ours
    inserts = f"INSERT INTO {name} (id, at) VALUES ('b', TIMESTAMP '2026-11-22 00:00:00 UTC')"  # noqa: S608
    assert failure(lake, reader, inserts) == LACKS.format("Insert", lake.table)
    assert failure(lake, reader, f"ALTER TABLE {name} ADD COLUMNS (more string)") == LACKS.format("Alter", lake.table)
    assert lake.query(reader, f"SELECT * FROM {name}") == [["a", "2026-11-22 00:00:00.000000 UTC", "1"]]  # noqa: S608


@pytest.mark.parametrize("way", WAYS)
def test_each_grant_is_demanded_where_it_is_due(lake: GuardedLake, reader: Person, way: str) -> None:
    sql = f"SELECT id FROM {getattr(lake, way)}"  # noqa: S608 - ours
    grants: list[tuple[dict[str, Any], str, str]] = [
        (lake.on_link(), "DESCRIBE", lake.link),
        (lake.on_namespace(), "DESCRIBE", lake.namespace),
        (lake.on_table(), "SELECT", lake.table),
    ]
    for resource, permission, name in grants:
        with without(lake, reader, resource, permission):
            if way == "by_catalog" and name == lake.link:
                assert lake.query(reader, sql) == [["a"]]
            else:
                assert failure(lake, reader, sql) == LACKS.format(permission.capitalize(), name)
    assert lake.query(reader, sql) == [["a"]]


def test_grants_on_all_tables_to_everybody_and_to_an_accounts_principals_count(lake: GuardedLake) -> None:
    sql, client = f"SELECT id FROM {lake.by_catalog}", lake.client("lakeformation")  # noqa: S608 - ours
    every = {"Table": {"CatalogId": lake.catalog_id, "DatabaseName": lake.namespace, "TableWildcard": {}}}
    person = lake.person()
    lake.grant(person, lake.on_namespace(), "DESCRIBE")
    for principal in (person.arn, "IAM_ALLOWED_PRINCIPALS", "000000000000:IAMPrincipals"):
        request = {"Principal": {"DataLakePrincipalIdentifier": principal}, "Resource": every, "Permissions": ["ALL"]}
        client.grant_permissions(**request)
        assert lake.query(person, sql) == [["a"]]
        client.revoke_permissions(**request)
        assert failure(lake, person, sql) == LACKS.format("Select", lake.table)


def test_columns_that_are_not_granted_are_not_there(lake: GuardedLake) -> None:
    person, name = lake.person(), lake.by_catalog
    lake.grant(person, lake.on_namespace(), "DESCRIBE")
    table = lake.on_table()["Table"]
    lake.grant(person, {"TableWithColumns": {**table, "ColumnNames": ["id"]}}, "SELECT")
    assert lake.query(person, f"SELECT * FROM {name}") == [["a"]]  # noqa: S608 - ours
    assert failure(lake, person, f"SELECT amount FROM {name}").startswith("COLUMN_NOT_FOUND: ")  # noqa: S608
    excluded = {"TableWithColumns": {**table, "ColumnWildcard": {"ExcludedColumnNames": ["at"]}}}
    lake.grant(person, excluded, "SELECT")
    assert lake.query(person, f"SELECT * FROM {name}") == [["a", "1"]]  # noqa: S608


def test_an_administrator_sees_everything_and_reads_nothing(lake: GuardedLake) -> None:
    person = lake.person()
    glue, sql = person.client("glue"), f"SELECT id FROM {lake.through_link}"  # noqa: S608 - ours
    for key in ("DataLakeAdmins", "ReadOnlyAdmins"):
        with settings(lake, **{key: [person.principal]}):
            assert glue.get_table(DatabaseName=lake.link, Name=lake.table)["Table"]["Name"] == lake.table
            assert failure(lake, person, sql) == LACKS.format("Select", lake.table)
    assert refusal(glue.get_table, DatabaseName=lake.link, Name=lake.table)[0] == "AccessDeniedException"


def test_iam_is_asked_for_credentials_and_not_for_the_table(lake: GuardedLake) -> None:
    buckets = ("s3:GetBucketLocation", "s3:GetObject", "s3:PutObject")
    enough = [allow("athena:*", "glue:Get*", *buckets), allow("lakeformation:GetDataAccess")]
    for way in WAYS:
        sql = f"SELECT id FROM {getattr(lake, way)}"  # noqa: S608 - ours
        assert lake.query(lake.reader(*enough), sql) == [["a"]]
        reason = failure(lake, lake.reader(enough[0]), sql)
        assert "is not authorized to perform: lakeformation:GetDataAccess on resource: * because" in reason


def test_a_link_needs_glues_policies_on_itself(lake: GuardedLake) -> None:
    own = "arn:aws:glue:eu-west-1:000000000000"
    of_link = [f"{own}:database/{lake.link}", f"{own}:table/{lake.link}/{lake.table}"]
    for missing in of_link:
        denied = {"Effect": "Deny", "Action": "glue:*", "Resource": missing}
        person = lake.reader(allow("*"), denied)
        assert lake.query(person, f"SELECT id FROM {lake.by_catalog}") == [["a"]]  # noqa: S608 - ours
        reason = failure(lake, person, f"SELECT id FROM {lake.through_link}")  # noqa: S608
        assert f"on resource: {missing}" in reason


@pytest.mark.parametrize("lacking", [*TRUSTED, *OF_REGISTRATION, "federation", "everything"])
def test_lake_formation_needs_a_registration_whose_role_suffices(
    lake: GuardedLake, reader: Person, lacking: str
) -> None:
    client, sql = lake.client("lakeformation"), f"SELECT id FROM {lake.through_link}"  # noqa: S608 - ours
    before = client.describe_resource(ResourceArn=BUCKETS)["ResourceInfo"]["RoleArn"]
    role = lake.registration_role(
        tuple(one for one in OF_REGISTRATION if one != lacking), tuple(one for one in TRUSTED if one != lacking)
    )
    client.deregister_resource(ResourceArn=BUCKETS)
    if lacking != "everything":
        client.register_resource(ResourceArn=BUCKETS, RoleArn=role, WithFederation=lacking != "federation")
    try:
        if lacking in {"s3tables:PutTableData", "s3tables:UpdateTableMetadataLocation"}:
            assert lake.query(reader, sql) == [["a"]]
            lake.grant(reader, lake.on_table(), "INSERT")
            sql = f"INSERT INTO {lake.through_link} SELECT * FROM {lake.through_link} WHERE false"  # noqa: S608
        reason = failure(lake, reader, sql)
        told = lacking if ":" in lacking else "is not registered with Lake Formation with federation"
        assert told in reason
    finally:
        if lacking != "everything":
            client.deregister_resource(ResourceArn=BUCKETS)
        client.register_resource(ResourceArn=BUCKETS, RoleArn=before, WithFederation=True)


@pytest.mark.parametrize(
    ("call", "resource"),
    [
        (lambda glue, lake: glue.get_database(Name=lake.link), "on_link"),
        (lambda glue, lake: glue.get_tables(DatabaseName=lake.link), "on_namespace"),
        (lambda glue, lake: glue.get_table(DatabaseName=lake.link, Name=lake.table), "on_table"),
        (lambda glue, lake: glue.get_database(CatalogId=lake.catalog_id, Name=lake.namespace), "on_namespace"),
        (
            lambda glue, lake: glue.get_table(CatalogId=lake.catalog_id, DatabaseName=lake.namespace, Name=lake.table),
            "on_table",
        ),
    ],
)
def test_glue_shows_what_may_be_described(
    lake: GuardedLake, reader: Person, call: Callable[[Any, GuardedLake], Any], resource: str
) -> None:
    glue, about = reader.client("glue"), getattr(lake, resource)()
    assert call(glue, lake)
    [named] = about.values()
    with without(lake, reader, about, "DESCRIBE"), pytest.raises(ClientError) as caught:
        call(glue, lake)
    assert caught.value.response["Error"] == {
        "Code": "AccessDeniedException",
        "Message": f"Insufficient Lake Formation permission(s): Required Describe on {named['Name']}",
    }


def test_lists_leave_out_what_may_not_be_seen(lake: GuardedLake, reader: Person) -> None:
    glue, child = reader.client("glue"), {"CatalogId": lake.catalog_id}

    def seen() -> tuple[list[str], list[str], list[str]]:
        links = [one["Name"] for one in glue.get_databases()["DatabaseList"] if one["Name"] == lake.link]
        databases = [one["Name"] for one in glue.get_databases(**child)["DatabaseList"]]
        tables = glue.get_tables(**child, DatabaseName=lake.namespace)["TableList"] if databases else []
        return links, databases, [one["Name"] for one in tables]

    everything = ([lake.link], [lake.namespace], [lake.table])
    assert seen() == everything
    for place, resource in enumerate((lake.on_link(), lake.on_namespace(), lake.on_table())):
        with without(lake, reader, resource, "DESCRIBE"):
            assert seen()[place] == []
    assert seen() == everything


def test_a_catalog_is_switched_by_an_update_that_overwrites_and_only_by_one(lake: GuardedLake) -> None:
    person, glue = lake.person(), lake.client("glue")
    sql = f"SELECT id FROM {lake.through_link}"  # noqa: S608 - ours
    given = {"FederatedCatalog": glue.get_catalog(CatalogId="s3tablescatalog")["Catalog"]["FederatedCatalog"]}
    by_iam = {"CreateDatabaseDefaultPermissions": EVERYBODY, "CreateTableDefaultPermissions": EVERYBODY}
    by_grants: dict[str, Any] = {key: [] for key in by_iam}
    overwrite = {"OverwriteChildResourcePermissionsWithDefault": "Accept"}

    def update(**changes: Any) -> None:
        glue.update_catalog(CatalogId="s3tablescatalog", CatalogInput={**given, **changes})

    assert failure(lake, person, sql) == LACKS.format("Describe", lake.link)
    update(**by_iam)
    assert failure(lake, person, sql) == LACKS.format("Describe", lake.link)
    update(**by_iam, **overwrite)
    assert lake.query(person, sql) == [["a"]]
    update(**by_grants)
    assert lake.query(person, sql) == [["a"]]
    update(**by_grants, **overwrite)
    assert failure(lake, person, sql) == LACKS.format("Describe", lake.link)


def test_strict_settings_leave_new_catalogs_and_databases_to_administrators(lake: GuardedLake) -> None:
    person = lake.person()
    glue, database = person.client("glue"), {"DatabaseInput": {"Name": f"{lake.link}_new"}}
    with settings(lake, CreateDatabaseDefaultPermissions=[]):
        for call, what in ((glue.create_database, "Create Database"), (glue.create_catalog, "Create Catalog")):
            arguments = database if call == glue.create_database else {"Name": "other", "CatalogInput": {}}
            assert refusal(call, **arguments) == (
                "AccessDeniedException",
                f"Insufficient Lake Formation permission(s): Required {what} on Catalog",
            )
        lake.grant(person, {"Catalog": {}}, "CREATE_DATABASE")
        glue.create_database(**database)
        glue.delete_database(Name=database["DatabaseInput"]["Name"])
