"""The registration of the account's table buckets and its role: made, adopted, refused, never taken away."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from components._ensure.registration import RegistrationError, ensure_registration, fault_of
from components._ensure.registration_role import RoleError
from tests.unit.components.lake_formation_kit import (
    ACCOUNT,
    BUCKETS,
    REGION,
    ROLE,
    ROLE_NAME,
    TRUSTED,
    LakeFormationAws,
    patience,
    role,
    trust,
)
from tests.unit.components.table_kit import Clock

PROPS = {"resource_arn": BUCKETS, "account_id": ACCOUNT, "region": REGION}
OF_THE_CONSOLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/{ROLE_NAME}"
FOREIGN = f"arn:aws:iam::{ACCOUNT}:role/service-role/LakeAccess"
REGISTER = {
    "ResourceArn": BUCKETS,
    "RoleArn": ROLE,
    "UseServiceLinkedRole": False,
    "WithFederation": True,
    "WithPrivilegedAccess": True,
    "HybridAccessEnabled": False,
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": TRUSTED,
            "Principal": {"Service": "lakeformation.amazonaws.com"},
            "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        }
    ],
}
ACCESS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["s3tables:ListTableBuckets"],
            "Resource": ["*"],
            "Condition": {"StringEquals": {"aws:ResourceAccount": ACCOUNT}},
        },
        {
            "Effect": "Allow",
            "Action": [
                *("s3tables:CreateTableBucket", "s3tables:GetTableBucket", "s3tables:DeleteTableBucket"),
                *("s3tables:CreateNamespace", "s3tables:GetNamespace", "s3tables:ListNamespaces"),
                *("s3tables:DeleteNamespace", "s3tables:CreateTable", "s3tables:DeleteTable", "s3tables:GetTable"),
                *("s3tables:ListTables", "s3tables:RenameTable", "s3tables:UpdateTableMetadataLocation"),
                *("s3tables:GetTableMetadataLocation", "s3tables:GetTableData", "s3tables:PutTableData"),
            ],
            "Resource": [BUCKETS],
        },
    ],
}


def makes_role(aws: LakeFormationAws, path: str = "/", arn: str = ROLE) -> None:
    request = {
        "RoleName": ROLE_NAME,
        "Path": path,
        "Description": "Lake Formation's access to the account's table buckets; shared by all that use them",
        "AssumeRolePolicyDocument": json.dumps(TRUST),
    }
    aws.answers("iam", "create_role", {"Role": role(arn)}, request)


def permits_role(aws: LakeFormationAws) -> None:
    request = {"RoleName": ROLE_NAME, "PolicyName": "TableBuckets-us-east-1", "PolicyDocument": json.dumps(ACCESS)}
    aws.answers("iam", "put_role_policy", {}, request)


def ensured(aws: LakeFormationAws, clock: Clock | None = None) -> str:
    return ensure_registration(aws.client("lakeformation"), aws.client("iam"), PROPS, patience(clock or Clock()))


def test_a_fresh_account_gets_role_and_registration(lake_formation: LakeFormationAws) -> None:
    lake_formation.has_no_registration()
    lake_formation.has_no_role()
    makes_role(lake_formation)
    permits_role(lake_formation)
    lake_formation.answers("lakeformation", "register_resource", {}, REGISTER)
    lake_formation.has_registration()
    assert ensured(lake_formation) == ROLE


def test_a_role_that_lake_formation_does_not_know_yet_is_waited_for(
    lake_formation: LakeFormationAws, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Clock()
    lake_formation.has_no_registration()
    lake_formation.has_no_role()
    makes_role(lake_formation)
    permits_role(lake_formation)
    for code in ("InvalidInputException", "AccessDeniedException"):
        lake_formation.fails("lakeformation", "register_resource", code, "Unable to assume role. Please verify")
    lake_formation.answers("lakeformation", "register_resource", {}, REGISTER)
    lake_formation.has_registration()
    assert ensured(lake_formation, clock) == ROLE
    assert (clock.now, capsys.readouterr().out) == (4, "waiting for up to 10 s: AWS does it\n")


def test_a_role_that_lake_formation_never_knows_is_given_up_with_its_own_words(
    lake_formation: LakeFormationAws,
) -> None:
    lake_formation.has_no_registration()
    lake_formation.has_role()
    permits_role(lake_formation)
    for _ in range(6):
        lake_formation.fails("lakeformation", "register_resource", "InvalidInputException", "Unable to assume role")
    with pytest.raises(ClientError, match="Unable to assume role"):
        ensured(lake_formation)


def test_another_refusal_is_not_waited_for(lake_formation: LakeFormationAws) -> None:
    lake_formation.has_no_registration()
    lake_formation.has_role()
    permits_role(lake_formation)
    lake_formation.fails("lakeformation", "register_resource", "AccessDeniedException", "no iam:PassRole")
    with pytest.raises(ClientError, match="no iam:PassRole"):
        ensured(lake_formation)


def test_another_stack_may_be_faster_with_the_role_and_with_the_registration(
    lake_formation: LakeFormationAws,
) -> None:
    lake_formation.has_no_registration()
    lake_formation.has_no_role()
    lake_formation.fails("iam", "create_role", "EntityAlreadyExists")
    lake_formation.has_role()
    permits_role(lake_formation)
    lake_formation.fails("lakeformation", "register_resource", "AlreadyExistsException")
    lake_formation.has_registration(RoleArn=FOREIGN)
    assert ensured(lake_formation) == FOREIGN


def test_what_another_stack_registered_meanwhile_is_checked_too(lake_formation: LakeFormationAws) -> None:
    lake_formation.has_no_registration()
    lake_formation.has_role()
    permits_role(lake_formation)
    lake_formation.fails("lakeformation", "register_resource", "AlreadyExistsException")
    lake_formation.has_registration(WithFederation=False)
    with pytest.raises(RegistrationError, match="without federation"):
        ensured(lake_formation)


def test_a_registration_with_a_role_of_somebody_elses_is_left_alone(lake_formation: LakeFormationAws) -> None:
    lake_formation.has_registration(RoleArn=FOREIGN, WithPrivilegedAccess=False)
    assert ensured(lake_formation) == FOREIGN


def test_the_role_that_is_there_is_permitted_this_region_beside_others(lake_formation: LakeFormationAws) -> None:
    lake_formation.has_registration(RoleArn=OF_THE_CONSOLE)
    lake_formation.has_role(arn=OF_THE_CONSOLE)
    permits_role(lake_formation)
    assert ensured(lake_formation) == OF_THE_CONSOLE


def test_a_registered_role_that_is_gone_is_made_again_where_it_was(lake_formation: LakeFormationAws) -> None:
    lake_formation.has_registration(RoleArn=OF_THE_CONSOLE)
    lake_formation.has_no_role()
    makes_role(lake_formation, "/service-role/", OF_THE_CONSOLE)
    permits_role(lake_formation)
    assert ensured(lake_formation) == OF_THE_CONSOLE


@pytest.mark.parametrize(
    "document",
    [
        trust(),
        trust(["sts:*"]),
        trust(service=["glue.amazonaws.com", "lakeformation.amazonaws.com"]),
        {"Version": "2012-10-17", "Statement": [trust(action)["Statement"] for action in TRUSTED]},
    ],
    ids=["as ours", "every action", "among services", "in parts"],
)
def test_a_role_that_lets_lake_formation_take_it_is_adopted(lake_formation: LakeFormationAws, document: Any) -> None:
    lake_formation.has_registration()
    lake_formation.has_role(document)
    permits_role(lake_formation)
    assert ensured(lake_formation) == ROLE


@pytest.mark.parametrize(
    ("document", "lacking"),
    [
        (trust("sts:AssumeRole"), "sts:SetContext, sts:SetSourceIdentity"),
        (trust(service="glue.amazonaws.com"), "sts:AssumeRole, sts:SetContext, sts:SetSourceIdentity"),
        (
            {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"}]},
            "sts:AssumeRole, sts:SetContext, sts:SetSourceIdentity",
        ),
        (
            {"Statement": [{**trust()["Statement"], "Effect": "Deny"}]},
            "sts:AssumeRole, sts:SetContext, sts:SetSourceIdentity",
        ),
    ],
    ids=["an older guide's", "another service's", "nobody's", "denied"],
)
def test_a_role_that_does_not_is_refused_and_says_what_lacks(
    lake_formation: LakeFormationAws, document: Any, lacking: str
) -> None:
    lake_formation.has_no_registration()
    lake_formation.has_role(document)
    with pytest.raises(RoleError) as raised:
        ensured(lake_formation)
    assert str(raised.value) == (
        f"role {ROLE} does not let lakeformation.amazonaws.com do {lacking}: add that to its trust policy, or remove"
        " the role, so that it is made anew"
    )


@pytest.mark.parametrize(
    ("info", "reason"),
    [
        ({"WithFederation": True, "RoleArn": ROLE}, None),
        ({"WithFederation": True, "RoleArn": ROLE, "HybridAccessEnabled": False}, None),
        ({"RoleArn": ROLE}, "without federation"),
        (
            {"WithFederation": True, "RoleArn": ROLE, "HybridAccessEnabled": True},
            "with hybrid access, in which grants hold for those alone who opted in",
        ),
        (
            {
                "WithFederation": True,
                "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/lakeformation.amazonaws.com/AWSServiceRole",
            },
            "with Lake Formation's service-linked role, which cannot reach table buckets",
        ),
    ],
    ids=["ours", "told", "federation", "hybrid", "service-linked"],
)
def test_a_registration_that_tables_cannot_be_served_through_says_why(info: dict[str, Any], reason: str | None) -> None:
    message = (
        f"{BUCKETS} is registered with Lake Formation {reason}: whoever registered it must deregister it (`aws"
        f" lakeformation deregister-resource --resource-arn '{BUCKETS}'`), so that it is registered anew"
    )
    assert fault_of(info, BUCKETS) == (message if reason else None)
