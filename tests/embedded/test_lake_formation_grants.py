"""Granting, revoking and listing permissions of Lake Formation, as a boto3 client does it."""

from typing import Any

import pytest

from embedded_aws.server import EmbeddedAws
from tests.embedded.firehose_kit import refusal
from tests.embedded.lake_formation_kit import GuardedLake, allow, settings

ALL_BUT_SELECT = ["ALL", "ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT"]


@pytest.fixture(scope="module")
def lake(aws: EmbeddedAws) -> GuardedLake:
    return GuardedLake(aws)


def listed(lake: GuardedLake, principal: dict[str, str], resource: dict[str, Any]) -> list[tuple[Any, list[str]]]:
    found = lake.client("lakeformation").list_permissions(Principal=principal, Resource=resource)
    return [(one["Resource"], one["Permissions"]) for one in found["PrincipalResourcePermissions"]]


def test_select_is_kept_apart_and_all_is_told_with_what_it_stands_for(lake: GuardedLake) -> None:
    person, table = lake.person(), lake.on_table()
    columns = {"TableWithColumns": {**table["Table"], "ColumnWildcard": {}}}
    lake.grant(person, table, "DESCRIBE", "SELECT")
    assert listed(lake, person.principal, table) == [(table, ["DESCRIBE"]), (columns, ["SELECT"])]
    lake.grant(person, table, "ALL")
    assert listed(lake, person.principal, table) == [(table, ALL_BUT_SELECT), (columns, ["SELECT"])]
    lake.revoke(person, table, "SELECT")
    assert listed(lake, person.principal, table) == [(table, ALL_BUT_SELECT[1:])]
    lake.grant(person, table, "ALL")
    lake.revoke(person, table, "ALL")
    assert listed(lake, person.principal, table) == []


def test_grants_are_found_by_principal_resource_and_type_page_by_page(lake: GuardedLake) -> None:
    client, person, other = lake.client("lakeformation"), lake.person(), lake.person()
    for who in (person, other):
        lake.grant(who, lake.on_namespace(), "DESCRIBE")
        lake.grant(who, lake.on_table(), "INSERT")
    assert listed(lake, person.principal, lake.on_namespace()) == [(lake.on_namespace(), ["DESCRIBE"])]
    whose = {
        one["Principal"]["DataLakePrincipalIdentifier"]
        for one in client.list_permissions(Resource=lake.on_table())["PrincipalResourcePermissions"]
    }
    assert whose >= {person.arn, other.arn}
    of_tables = client.list_permissions(ResourceType="TABLE")["PrincipalResourcePermissions"]
    assert {next(iter(one["Resource"])) for one in of_tables} <= {"Table", "TableWithColumns"}
    every = client.list_permissions()["PrincipalResourcePermissions"]
    paged: list[Any] = []
    more: dict[str, Any] = {}
    while True:
        page = client.list_permissions(MaxResults=2, **more)
        paged += page["PrincipalResourcePermissions"]
        if "NextToken" not in page:
            break
        more = {"NextToken": page["NextToken"]}
    assert paged == every
    assert refusal(client.list_permissions, Principal=person.principal) == (
        "InvalidInputException",
        "Resource is mandatory if Principal is set in the input.",
    )


def test_what_is_not_there_is_neither_granted_nor_revoked(lake: GuardedLake) -> None:
    client, person = lake.client("lakeformation"), lake.person()
    nothing = "No permissions revoked. Grantee has no permissions and no grantable permissions on resource."
    absent = {"Table": {**lake.on_table()["Table"], "Name": "absent"}}
    on_link: dict[str, Any] = {"Principal": person.principal, "Resource": lake.on_link()}
    assert refusal(client.grant_permissions, **{**on_link, "Resource": absent}, Permissions=["SELECT"]) == (
        "EntityNotFoundException",
        "Table absent not found.",
    )
    assert refusal(client.grant_permissions, **on_link, Permissions=["CREATE_TABLE"]) == (
        "InvalidInputException",
        "Permissions modification is invalid.",
    )
    assert refusal(client.revoke_permissions, **on_link, Permissions=["DESCRIBE"]) == ("InvalidInputException", nothing)
    lake.grant(person, lake.on_link(), "DESCRIBE")
    assert refusal(client.revoke_permissions, **on_link, Permissions=["DROP"]) == (
        "InvalidInputException",
        "No permissions revoked. Grantee does not have: ['DROP']",
    )
    in_child = {**on_link, "CatalogId": lake.catalog_id}
    assert refusal(client.grant_permissions, **in_child, Permissions=["DESCRIBE"]) == (
        "InvalidInputException",
        "Catalog id must be a valid AWS account id",
    )
    nobody = {**on_link, "Principal": {"DataLakePrincipalIdentifier": person.arn.replace("/people/", "/")}}
    assert refusal(client.grant_permissions, **nobody, Permissions=["DESCRIBE"]) == (
        "InvalidInputException",
        f"Invalid principal, {nobody['Principal']['DataLakePrincipalIdentifier']}",
    )


def test_an_administrator_grants_and_nobody_else_but_whom_it_lets(lake: GuardedLake) -> None:
    granting = ("lakeformation:GrantPermissions", "lakeformation:RevokePermissions")
    person, friend = lake.person(allow(*granting)), lake.person()
    client = person.client("lakeformation")
    request = {"Principal": friend.principal, "Resource": lake.on_table(), "Permissions": ["DESCRIBE"]}
    denied = (
        "AccessDeniedException",
        "Resource does not exist or requester is not authorized to access requested permissions.",
    )
    assert refusal(client.grant_permissions, **request) == denied
    with settings(lake, DataLakeAdmins=[person.principal]):
        client.grant_permissions(**request)
    assert refusal(client.revoke_permissions, **request) == denied
    lake.grant(person, lake.on_table(), "DESCRIBE", PermissionsWithGrantOption=["DESCRIBE"])
    client.revoke_permissions(**request)
    assert listed(lake, friend.principal, lake.on_table()) == []


def test_a_batch_tells_what_of_it_failed(lake: GuardedLake) -> None:
    client, person = lake.client("lakeformation"), lake.person()
    good = {"Id": "1", "Principal": person.principal, "Resource": lake.on_namespace(), "Permissions": ["DESCRIBE"]}
    bad = {**good, "Id": "2", "Permissions": ["SELECT"]}
    for call, left in (
        (client.batch_grant_permissions, [(lake.on_namespace(), ["DESCRIBE"])]),
        (client.batch_revoke_permissions, []),
    ):
        [failure] = call(Entries=[good, bad])["Failures"]
        assert (failure["RequestEntry"]["Id"], failure["Error"]["ErrorCode"]) == ("2", "InvalidInputException")
        assert listed(lake, person.principal, lake.on_namespace()) == left
