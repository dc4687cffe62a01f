"""Lake Formation's own calls, as a boto3 client makes them."""

import subprocess
import sys
from typing import Any

import pytest

from embedded_aws.server import EmbeddedAws
from tests.embedded.command_kit import PROJECT, environment
from tests.embedded.firehose_kit import refusal
from tests.embedded.lake_formation_kit import ACCOUNT, BUCKETS, EVERYBODY, REGION, GuardedLake, allow, session, settings

ROOT = {"DataLakePrincipalIdentifier": f"arn:aws:iam::{ACCOUNT}:root"}
NEW = {
    "DataLakeAdmins": [],
    "ReadOnlyAdmins": [],
    "CreateDatabaseDefaultPermissions": EVERYBODY,
    "CreateTableDefaultPermissions": EVERYBODY,
    "Parameters": {"CROSS_ACCOUNT_VERSION": "1", "SET_CONTEXT": "TRUE"},
    "TrustedResourceOwners": [],
    "AllowExternalDataFiltering": False,
    "AllowFullTableExternalDataAccess": False,
    "ExternalDataFilteringAllowList": [],
    "AuthorizedSessionTagValueList": [],
}


@pytest.fixture(scope="module")
def lake(aws: EmbeddedAws) -> GuardedLake:
    return GuardedLake(aws)


def test_a_new_account_leaves_everything_to_iam(aws: EmbeddedAws) -> None:
    elsewhere = aws.session().client("lakeformation", region_name="ap-south-1")
    assert elsewhere.get_data_lake_settings()["DataLakeSettings"] == NEW
    assert elsewhere.list_permissions()["PrincipalResourcePermissions"] == []
    assert elsewhere.list_resources()["ResourceInfoList"] == []


def test_settings_are_replaced_as_a_whole_and_are_of_one_region(lake: GuardedLake, aws: EmbeddedAws) -> None:
    client = lake.client("lakeformation")
    with settings(lake):
        client.put_data_lake_settings(DataLakeSettings={"DataLakeAdmins": [ROOT], "TrustedResourceOwners": ["1" * 12]})
        assert client.get_data_lake_settings()["DataLakeSettings"] == {
            **NEW,
            "CreateDatabaseDefaultPermissions": [],
            "CreateTableDefaultPermissions": [],
            "DataLakeAdmins": [ROOT],
            "TrustedResourceOwners": ["1" * 12],
        }
        elsewhere = aws.session().client("lakeformation", region_name="ap-south-1")
        assert elsewhere.get_data_lake_settings()["DataLakeSettings"] == NEW
    assert client.get_data_lake_settings()["DataLakeSettings"] == NEW


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"DataLakeAdmins": [{"DataLakePrincipalIdentifier": f"arn:aws:iam::{ACCOUNT}:role/nobody"}]}, "principal"),
        ({"DataLakeAdmins": [{"DataLakePrincipalIdentifier": "somebody"}]}, "Invalid principal, somebody"),
        ({"Parameters": {"SET_CONTEXT": "TRUE"}}, "Invalid parameter: SET_CONTEXT"),
    ],
)
def test_settings_that_name_nobody_are_refused(lake: GuardedLake, given: dict[str, Any], message: str) -> None:
    code, text = refusal(lake.client("lakeformation").put_data_lake_settings, DataLakeSettings=given)
    assert (code, message in text) == ("InvalidInputException", True)


def test_more_administrators_than_aws_takes_are_refused_by_its_model(lake: GuardedLake) -> None:
    code, message = refusal(
        lake.client("lakeformation").put_data_lake_settings, DataLakeSettings={"DataLakeAdmins": [ROOT] * 31}
    )
    assert code == "ValidationException"
    assert "'dataLakeSettings.dataLakeAdmins' failed to satisfy constraint" in message


def test_an_administrator_that_is_gone_may_stay_in_the_settings(lake: GuardedLake) -> None:
    person = lake.person()
    with settings(lake, DataLakeAdmins=[person.principal]):
        iam, name = lake.client("iam"), person.arn.rsplit("/", 1)[-1]
        iam.delete_role_policy(RoleName=name, PolicyName="p")
        iam.delete_role(RoleName=name)
        client = lake.client("lakeformation")
        client.put_data_lake_settings(DataLakeSettings={"DataLakeAdmins": [person.principal, ROOT]})
        assert client.get_data_lake_settings()["DataLakeSettings"]["DataLakeAdmins"] == [person.principal, ROOT]


def test_a_location_is_registered_once_with_what_was_said(lake: GuardedLake) -> None:
    client, arn = lake.client("lakeformation"), f"arn:aws:s3tables:{REGION}:{ACCOUNT}:bucket/one"
    role, other = lake.registration_role(), lake.registration_role()
    given = {"ResourceArn": arn, "RoleArn": role, "WithFederation": True, "WithPrivilegedAccess": True}
    client.register_resource(**given)
    shown = client.describe_resource(ResourceArn=arn)["ResourceInfo"]
    assert shown.pop("LastModified")
    assert shown == {**given, "HybridAccessEnabled": False}
    assert refusal(client.register_resource, **given)[0] == "AlreadyExistsException"
    assert arn in {one["ResourceArn"] for one in client.list_resources()["ResourceInfoList"]}
    client.update_resource(ResourceArn=arn, RoleArn=other)
    assert client.describe_resource(ResourceArn=arn)["ResourceInfo"]["RoleArn"] == other
    client.deregister_resource(ResourceArn=arn)
    assert refusal(client.describe_resource, ResourceArn=arn)[0] == "EntityNotFoundException"
    assert refusal(client.update_resource, ResourceArn=arn, RoleArn=role)[0] == "EntityNotFoundException"


def test_a_role_is_registered_by_whoever_may_pass_it_on(lake: GuardedLake) -> None:
    role, arn = lake.registration_role(), f"arn:aws:s3tables:{REGION}:{ACCOUNT}:bucket/passed"
    given = {"ResourceArn": arn, "RoleArn": role, "WithPrivilegedAccess": True}
    registers, passes = allow("lakeformation:RegisterResource"), allow("iam:PassRole", on=role)
    privileged = allow("lakeformation:RegisterResourceWithPrivilegedAccess")
    for statements, missing in (
        ([passes, privileged], "lakeformation:RegisterResource"),
        ([registers, privileged], "iam:PassRole"),
        ([registers, passes], "lakeformation:RegisterResourceWithPrivilegedAccess"),
    ):
        client = lake.person(*statements).client("lakeformation")
        code, message = refusal(client.register_resource, **given)
        assert (code, f"not authorized to perform: {missing} " in message) == ("AccessDeniedException", True)
    lake.person(registers, passes, privileged).client("lakeformation").register_resource(**given)
    root = lake.client("lakeformation")
    root.deregister_resource(ResourceArn=arn)
    nobody = refusal(root.register_resource, ResourceArn=arn, RoleArn=f"{role}-not")
    assert nobody == ("InvalidInputException", f"Role {role}-not does not exist")
    assert refusal(root.register_resource, ResourceArn=arn)[0] == "InvalidInputException"


def test_callers_need_iams_leave_and_are_told_who_they_are(lake: GuardedLake) -> None:
    may = lake.person(allow("lakeformation:GetDataLakePrincipal")).client("lakeformation")
    assert may.get_data_lake_principal()["Identity"].startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/person-")
    code, message = refusal(may.get_data_lake_settings)
    assert (code, "lakeformation:GetDataLakeSettings" in message) == ("AccessDeniedException", True)


def test_moto_answers_what_is_not_our_own_and_nobody_what_it_does_not_know(lake: GuardedLake) -> None:
    client = lake.client("lakeformation")
    client.create_lf_tag(TagKey="team", TagValues=["a", "b"])
    tags = [{"CatalogId": ACCOUNT, "TagKey": "team", "TagValues": ["a", "b"]}]
    assert client.list_lf_tags()["LFTags"] == tags
    client.delete_lf_tag(TagKey="team")
    code, message = refusal(client.list_transactions)
    assert (code, message) == (
        "InternalServiceException",
        "the embedded AWS has no ListTransactions of Lake Formation",
    )


START = """
import sys
from embedded_aws.server import EmbeddedAws
with EmbeddedAws() as aws:
    loaded = lambda: sorted({name.split(".")[0] for name in sys.modules} & {"moto", "werkzeug", "flask"})
    aws.session().client("glue").get_catalogs()
    print(loaded())
    client = aws.session().client("lakeformation")
    client.put_data_lake_settings(DataLakeSettings={"TrustedResourceOwners": ["123456789012"]})
    print(loaded())
    import urllib.request
    urllib.request.urlopen(urllib.request.Request(aws.url + "/_ministack/reset", method="POST"))
    print(client.get_data_lake_settings()["DataLakeSettings"]["TrustedResourceOwners"])
"""


def test_moto_is_loaded_at_the_first_call_and_all_is_forgotten_at_a_reset(tmp_path: Any) -> None:
    told = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", START],
        cwd=PROJECT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert told.stdout.splitlines() == ["[]", "['moto', 'werkzeug']", "[]"]


def test_the_federations_registration_is_for_all_table_buckets(lake: GuardedLake) -> None:
    shown = lake.client("lakeformation").describe_resource(ResourceArn=BUCKETS)["ResourceInfo"]
    assert (shown["WithFederation"], session(lake.aws).region_name) == (True, REGION)
