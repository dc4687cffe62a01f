"""The creators of resource links and of Lake Formation's permissions, against AWS's model and pulumi-aws's types."""

import inspect
import json
import re
from collections.abc import Mapping
from typing import Any

import boto3
import botocore.session
import pulumi_aws as aws
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from pulumi_aws.glue import catalog_database
from pulumi_aws.lakeformation import permissions

from embedded_aws.resources import CREATORS, InputError, UnconsumedInputError
from embedded_aws.resources import _aws as shared
from embedded_aws.resources._shape import Shape

DATABASE = CREATORS["aws:glue/catalogDatabase:CatalogDatabase"]
PERMISSIONS = CREATORS["aws:lakeformation/permissions:Permissions"]
TABLE = {"catalogId": "1:s3tablescatalog/b", "databaseName": "n", "name": "t"}
GIVEN = {"principal": "arn:aws:iam::000000000000:role/r", "permissions": ["SELECT", "DESCRIBE"], "table": TABLE}
REQUEST = {
    "Principal": {"DataLakePrincipalIdentifier": GIVEN["principal"]},
    "Permissions": ["SELECT", "DESCRIBE"],
    "Resource": {"Table": {"CatalogId": "1:s3tablescatalog/b", "DatabaseName": "n", "Name": "t"}},
}
ID = json.dumps(REQUEST, sort_keys=True, separators=(",", ":"))


class Session(boto3.Session):
    """A session whose Lake Formation answers as it is told."""

    def __init__(self) -> None:
        super().__init__(aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1")
        self.stub = Stubber(shared.client(self, "lakeformation"))
        self.stub.activate()

    def lists(self, *found: tuple[dict[str, Any], list[str]]) -> None:
        entries = [
            {"Principal": REQUEST["Principal"], "Resource": one, "Permissions": held, "PermissionsWithGrantOption": []}
            for one, held in found
        ]
        self.stub.add_response("list_permissions", {"PrincipalResourcePermissions": entries})


@pytest.fixture
def session() -> Session:
    return Session()


def inputs_of(arguments: Any) -> set[str]:
    """The inputs of one of pulumi-aws's classes, in camel case."""
    names = set(inspect.signature(arguments.__init__).parameters) - {"self"}
    return {re.sub(r"_(.)", lambda match: match[1].upper(), name) for name in names}


@pytest.mark.parametrize(
    ("shape", "arguments"),
    [
        (DATABASE.shape, catalog_database.CatalogDatabaseArgs),
        (PERMISSIONS.shape, permissions.PermissionsArgs),
        (DATABASE.shape["targetDatabase"][1], aws.glue.CatalogDatabaseTargetDatabaseArgs),
        (PERMISSIONS.shape["database"][1], aws.lakeformation.PermissionsDatabaseArgs),
        (PERMISSIONS.shape["table"][1], aws.lakeformation.PermissionsTableArgs),
        (PERMISSIONS.shape["tableWithColumns"][1], aws.lakeformation.PermissionsTableWithColumnsArgs),
        (PERMISSIONS.shape["dataLocation"][1], aws.lakeformation.PermissionsDataLocationArgs),
    ],
)
def test_inputs_are_called_as_pulumi_aws_calls_them(shape: Shape, arguments: Any) -> None:
    assert set(shape) - inputs_of(arguments) == set()


@pytest.mark.parametrize(
    ("creator", "service", "operation"),
    [(DATABASE, "glue", "CreateDatabase"), (PERMISSIONS, "lakeformation", "GrantPermissions")],
)
def test_parameters_are_called_as_aws_calls_them(creator: Any, service: str, operation: str) -> None:
    model = botocore.session.get_session().get_service_model(service).operation_model(operation).input_shape
    below = {"CreateDatabase": "DatabaseInput", "GrantPermissions": "Resource"}[operation]
    for target in creator.shape.values():
        name, _, rest = (target if isinstance(target, str) else target[0]).partition(".")
        members = model.members if name in model.members else model.members[below].members
        assert name in members
        assert not rest or rest in members[name].members
        if not isinstance(target, str):
            _check_below(target[1], members[name])


def _check_below(shape: Mapping[str, Any], model: Any) -> None:
    known = model.member.members if model.type_name == "list" else model.members
    for target in shape.values():
        name = target if isinstance(target, str) else target[0]
        assert name.split(".")[0] in known, name


def test_a_grant_is_made_as_asked_and_found_by_its_id(session: Session) -> None:
    session.stub.add_response("grant_permissions", {}, REQUEST)
    columns = {"TableWithColumns": {**REQUEST["Resource"]["Table"], "ColumnWildcard": {}}}
    listed = (REQUEST["Resource"], ["DESCRIBE"]), (columns, ["SELECT"])
    session.lists(*listed)
    assert PERMISSIONS.create(session, "logical", GIVEN) == (ID, {**GIVEN, "region": "us-east-1"})
    session.lists(*listed)
    assert PERMISSIONS.read(session, ID) == {**GIVEN, "region": "us-east-1"}


def test_what_was_granted_behind_its_back_is_told_and_nothing_left_is_gone(session: Session) -> None:
    session.lists((REQUEST["Resource"], ["ALTER", "DESCRIBE"]))
    assert PERMISSIONS.read(session, ID) == {**GIVEN, "permissions": ["DESCRIBE", "ALTER"], "region": "us-east-1"}
    session.lists()
    assert PERMISSIONS.read(session, ID) is None
    session.stub.add_client_error("list_permissions", "EntityNotFoundException", "Table t not found.")
    assert PERMISSIONS.read(session, ID) is None


def test_select_on_some_columns_is_none_on_the_table(session: Session) -> None:
    some = {"TableWithColumns": {**REQUEST["Resource"]["Table"], "ColumnNames": ["a"]}}
    session.lists((REQUEST["Resource"], ["DESCRIBE"]), (some, ["SELECT"]))
    read = PERMISSIONS.read(session, ID)
    assert read
    assert read["permissions"] == ["DESCRIBE"]


@pytest.mark.parametrize(
    ("given", "resource"),
    [
        ({"catalogResource": True}, {"Catalog": {}}),
        ({"database": {"name": "d"}}, {"Database": {"Name": "d"}}),
        (
            {"table": {"databaseName": "d", "wildcard": True}},
            {"Table": {"DatabaseName": "d", "TableWildcard": {}}},
        ),
        (
            {"tableWithColumns": {"databaseName": "d", "name": "t", "columnNames": ["a"]}},
            {"TableWithColumns": {"DatabaseName": "d", "Name": "t", "ColumnNames": ["a"]}},
        ),
        (
            {"tableWithColumns": {"databaseName": "d", "name": "t", "wildcard": True}},
            {"TableWithColumns": {"DatabaseName": "d", "Name": "t", "ColumnWildcard": {}}},
        ),
        (
            {"tableWithColumns": {"databaseName": "d", "name": "t", "excludedColumnNames": ["a"]}},
            {
                "TableWithColumns": {
                    "DatabaseName": "d",
                    "Name": "t",
                    "ColumnWildcard": {"ExcludedColumnNames": ["a"]},
                }
            },
        ),
        ({"dataLocation": {"arn": "arn"}}, {"DataLocation": {"ResourceArn": "arn"}}),
    ],
)
def test_every_kind_of_resource_goes_there_and_back(
    session: Session, given: dict[str, Any], resource: dict[str, Any]
) -> None:
    request = {"principal": GIVEN["principal"], "permissions": ["DESCRIBE"], **given}
    session.stub.add_response("grant_permissions", {}, {**REQUEST, "Permissions": ["DESCRIBE"], "Resource": resource})
    session.lists((resource, ["DESCRIBE"]))
    assert PERMISSIONS.create(session, "logical", request)[1] == {**request, "region": "us-east-1"}


def test_what_the_grantee_lacks_already_is_revoked_without_error(session: Session) -> None:
    gone = "No permissions revoked. Grantee has no permissions and no grantable permissions on resource."
    session.stub.add_response("revoke_permissions", {}, REQUEST)
    session.stub.add_client_error("revoke_permissions", "InvalidInputException", gone)
    session.stub.add_client_error("revoke_permissions", "InvalidInputException", "another reason")
    PERMISSIONS.delete(session, ID, {})
    PERMISSIONS.delete(session, ID, {})
    with pytest.raises(ClientError, match="another reason"):
        PERMISSIONS.delete(session, ID, {})


@pytest.mark.parametrize("given", [{}, {"database": {"name": "d"}, "table": TABLE}])
def test_permissions_are_on_exactly_one_resource(session: Session, given: dict[str, Any]) -> None:
    request = {"principal": "p", "permissions": ["DESCRIBE"], **given}
    with pytest.raises(InputError, match=r"Permissions logical: exactly one of database, table, .* must be given, got"):
        PERMISSIONS.create(session, "logical", request)


def test_an_input_that_is_not_carried_out_is_refused_by_name(session: Session) -> None:
    for key in ("lfTag", "lfTagPolicy", "dataCellsFilter"):
        with pytest.raises(UnconsumedInputError, match=f"Permissions logical: input '{key}'"):
            PERMISSIONS.create(session, "logical", {**GIVEN, key: {}})
    with pytest.raises(UnconsumedInputError, match="CatalogDatabase logical: input 'federatedDatabase'"):
        DATABASE.create(session, "logical", {"name": "d", "federatedDatabase": {}})


def test_every_change_of_permissions_replaces_and_of_a_database_what_says_what_it_is() -> None:
    assert PERMISSIONS.replace_on == frozenset(PERMISSIONS.shape)
    assert DATABASE.replace_on == {"name", "catalogId", "targetDatabase"}
