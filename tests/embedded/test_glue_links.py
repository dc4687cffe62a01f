"""Resource links: databases of the account's own catalog that are names for namespaces of S3 Tables."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from embedded_aws.server import EmbeddedAws
from tests.embedded.athena_kit import Lake
from tests.embedded.firehose_kit import refusal

GLUE = "arn:aws:glue:us-east-1:000000000000"


@pytest.fixture(scope="module")
def lake(aws: EmbeddedAws) -> Lake:
    made = Lake.make(aws, "links")
    made.append([{"key": "a", "time": datetime(2026, 11, 22, tzinfo=UTC), "bytes": 1, "price": None, "billable": True}])
    return made


def target(lake: Lake) -> dict[str, str]:
    return {"CatalogId": f"000000000000:s3tablescatalog/{lake.bucket}", "DatabaseName": lake.namespace}


@pytest.fixture
def link(lake: Lake) -> str:
    name = f"link_{uuid.uuid4().hex[:8]}"
    lake.client("glue").create_database(DatabaseInput={"Name": name, "TargetDatabase": target(lake)})
    return name


def test_a_link_is_shown_as_such_and_its_tables_are_its_targets(lake: Lake, link: str) -> None:
    glue = lake.client("glue")
    shown = glue.get_database(Name=link)["Database"]
    assert (shown["Name"], shown["CatalogId"], shown["TargetDatabase"]) == (link, "000000000000", target(lake))
    assert shown in glue.get_databases()["DatabaseList"]
    direct = {"CatalogId": target(lake)["CatalogId"], "DatabaseName": lake.namespace}
    assert glue.get_tables(DatabaseName=link)["TableList"] == glue.get_tables(**direct)["TableList"]
    table = glue.get_table(DatabaseName=link, Name=lake.table)["Table"]
    assert table == glue.get_table(**direct, Name=lake.table)["Table"]
    assert (table["DatabaseName"], table["CatalogId"]) == (lake.namespace, target(lake)["CatalogId"])
    assert refusal(glue.get_table, DatabaseName=link, Name="absent") == (
        "EntityNotFoundException",
        "Table absent not found.",
    )


def test_an_update_replaces_what_a_link_was_and_a_delete_leaves_its_target(lake: Lake, link: str) -> None:
    glue = lake.client("glue")
    glue.update_database(Name=link, DatabaseInput={"Name": link, "Description": "d", "TargetDatabase": target(lake)})
    shown = glue.get_database(Name=link)["Database"]
    assert (shown["Description"], shown["TargetDatabase"]) == ("d", target(lake))
    glue.update_database(Name=link, DatabaseInput={"Name": link})
    shown = glue.get_database(Name=link)["Database"]
    assert (shown["Description"], "TargetDatabase" in shown) == ("", False)
    glue.delete_database(Name=link)
    assert refusal(glue.get_database, Name=link)[0] == "EntityNotFoundException"
    assert glue.get_database(CatalogId=target(lake)["CatalogId"], Name=lake.namespace)["Database"]


def test_a_link_that_leads_nowhere_says_so(lake: Lake) -> None:
    glue, name = lake.client("glue"), f"link_{uuid.uuid4().hex[:8]}"
    nowhere = {**target(lake), "DatabaseName": "nowhere"}
    glue.create_database(DatabaseInput={"Name": name, "TargetDatabase": nowhere})
    assert glue.get_database(Name=name)["Database"]["TargetDatabase"] == nowhere
    assert refusal(glue.get_tables, DatabaseName=name) == ("EntityNotFoundException", "Database nowhere not found.")
    found = lake.query(f'SELECT 1 FROM "AwsDataCatalog"."{name}"."{lake.table}"')  # noqa: S608 - ours
    assert (found.reason or "").startswith("TABLE_NOT_FOUND: ")


def test_athena_reads_and_inserts_through_a_link(lake: Lake, link: str) -> None:
    named = f'"AwsDataCatalog"."{link}"."{lake.table}"'
    context = {"Catalog": "AwsDataCatalog", "Database": link}
    for sql, options in (
        (f"SELECT key FROM {named}", {}),  # noqa: S608 - ours
        (f"SELECT key FROM {named.upper()}", {}),  # noqa: S608
        (f"SELECT key FROM {link}.{lake.table}", {}),  # noqa: S608
        (f"SELECT t.key FROM {lake.table} AS t", {"QueryExecutionContext": context}),  # noqa: S608
        (f"SELECT a.key FROM {named} AS a JOIN {{table}} AS b ON a.key = b.key", {}),  # noqa: S608
    ):
        assert lake.rows(sql, **options) == [["a"]], sql
    lake.create_table("linked")
    into = named.replace(lake.table, "linked")
    assert lake.query(f"INSERT INTO {into} SELECT * FROM {named}").reason is None  # noqa: S608
    assert lake.rows(f"SELECT key FROM {into}") == [["a"]]  # noqa: S608


def _own(link: str) -> list[str]:
    return [f"{GLUE}:catalog", f"{GLUE}:database/{link}"]


def _behind(lake: Lake, link: str) -> list[str]:
    child = f"s3tablescatalog/{lake.bucket}"
    kinds = [f"{child}/{lake.namespace}", lake.namespace]
    return [
        *_own(link),
        f"{GLUE}:table/{link}/{lake.table}",
        f"{GLUE}:catalog/s3tablescatalog",
        f"{GLUE}:catalog/{child}",
        *(f"{GLUE}:database/{kind}" for kind in kinds),
        *(f"{GLUE}:table/{kind}/{lake.table}" for kind in kinds),
    ]


@pytest.mark.parametrize(
    ("action", "arns", "call"),
    [
        ("GetDatabase", lambda _, link: _own(link), lambda glue, _, link: glue.get_database(Name=link)),
        (
            "UpdateDatabase",
            lambda _, link: _own(link),
            lambda glue, lake, link: glue.update_database(
                Name=link, DatabaseInput={"Name": link, "TargetDatabase": target(lake)}
            ),
        ),
        (
            "GetTable",
            _behind,
            lambda glue, lake, link: glue.get_table(DatabaseName=link, Name=lake.table),
        ),
        (
            "DeleteDatabase",
            lambda _, link: [*_own(link), f"{GLUE}:table/{link}/*", f"{GLUE}:userDefinedFunction/{link}/*"],
            lambda glue, _, link: glue.delete_database(Name=link),
        ),
        (
            "CreateDatabase",
            lambda _, link: _own(f"{link}_2"),
            lambda glue, lake, link: glue.create_database(
                DatabaseInput={"Name": f"{link}_2", "TargetDatabase": target(lake)}
            ),
        ),
    ],
)
def test_a_call_needs_every_arn_that_aws_names(
    lake: Lake,
    link: str,
    action: str,
    arns: Callable[[Lake, str], list[str]],
    call: Callable[[Any, Lake, str], Any],
) -> None:
    def person(resources: list[str]) -> Any:
        return lake.role([{"Effect": "Allow", "Action": f"glue:{action}", "Resource": resources}]).client("glue")

    every = arns(lake, link)
    for missing in every:
        lacking = person([arn for arn in every if arn != missing])
        code, message = refusal(lambda glue=lacking: call(glue, lake, link))
        assert (code, f"glue:{action}" in message) == ("AccessDeniedException", True), missing
    assert call(person(every), lake, link)
