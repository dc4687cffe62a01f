"""Stubbed clients of what an account's Lake Formation is looked at and set up by, and what they answer."""

import base64
import json
from typing import Any
from urllib.parse import quote

import boto3
import dill
from botocore.stub import Stubber

from components._ensure._wait import Patience
from tests.unit.components.harness import Record
from tests.unit.components.table_kit import Clock

ACCOUNT, REGION = "123456789012", "us-east-1"
BUCKETS = f"arn:aws:s3tables:{REGION}:{ACCOUNT}:bucket/*"
DEPLOYER = f"arn:aws:iam::{ACCOUNT}:role/ci/deployer"
OTHER = f"arn:aws:iam::{ACCOUNT}:user/other"
ROLE_NAME = "S3TablesRoleForLakeFormation"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/{ROLE_NAME}"
TRUSTED = ["sts:AssumeRole", "sts:SetContext", "sts:SetSourceIdentity"]


def admins(*arns: str) -> list[dict[str, str]]:
    return [{"DataLakePrincipalIdentifier": arn} for arn in arns]


def trust(actions: Any = TRUSTED, service: Any = "lakeformation.amazonaws.com") -> dict[str, Any]:
    """Return a trust policy in the form that IAM knows, with or without lists."""
    statement = {"Effect": "Allow", "Action": actions, "Principal": {"Service": service}}
    return {"Version": "2012-10-17", "Statement": statement}


class LakeFormationAws:
    """Stubbed clients; each answer is used once, in order."""

    def __init__(self) -> None:
        keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
        services = ("glue", "iam", "lakeformation", "sts")
        self.stubs = {service: Stubber(boto3.client(service, REGION, **keys)) for service in services}
        for stub in self.stubs.values():
            stub.activate()

    def client(self, service: str, props: dict[str, Any] | None = None) -> Any:
        assert props is None or props["region"] == REGION
        return self.stubs[service].client

    def answers(self, service: str, method: str, answer: dict[str, Any], request: dict[str, Any] | None = None) -> None:
        self.stubs[service].add_response(method, answer, request)

    def fails(self, service: str, method: str, code: str, message: str = "") -> None:
        self.stubs[service].add_client_error(method, code, message)

    def deploys_as_a_role(self) -> None:
        session = f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/ci"
        self.answers("sts", "get_caller_identity", {"Arn": session}, {})
        self.answers("iam", "get_role", {"Role": role(DEPLOYER)}, {"RoleName": "deployer"})

    def has_settings(self, settings: dict[str, Any]) -> None:
        self.answers("lakeformation", "get_data_lake_settings", {"DataLakeSettings": settings}, {})

    def takes_settings(self, settings: dict[str, Any]) -> None:
        self.answers("lakeformation", "put_data_lake_settings", {}, {"DataLakeSettings": settings})

    def has_registration(self, **info: Any) -> None:
        told = {"ResourceArn": BUCKETS, "RoleArn": ROLE, "WithFederation": True, "WithPrivilegedAccess": True, **info}
        self.answers("lakeformation", "describe_resource", {"ResourceInfo": told}, {"ResourceArn": BUCKETS})

    def has_no_registration(self) -> None:
        self.fails("lakeformation", "describe_resource", "EntityNotFoundException")

    def has_role(self, document: Any = None, arn: str = ROLE) -> None:
        self.answers("iam", "get_role", {"Role": role(arn, document)}, {"RoleName": ROLE_NAME})

    def has_no_role(self) -> None:
        self.fails("iam", "get_role", "NoSuchEntity")

    def tells_of(self, *entries: tuple[dict[str, Any], list[str]], next_token: str = "") -> None:
        told = [{"Resource": resource, "Permissions": permissions} for resource, permissions in entries]
        answer = {"PrincipalResourcePermissions": told, **({"NextToken": next_token} if next_token else {})}
        self.answers("lakeformation", "list_permissions", answer)


def role(arn: str, document: Any = None) -> dict[str, Any]:
    """Return a role as IAM tells of it."""
    return {
        "Arn": arn,
        "RoleName": arn.rsplit("/", 1)[-1],
        "RoleId": "AROA0123456789012345",
        "Path": "/",
        "CreateDate": 0,
        "AssumeRolePolicyDocument": document if isinstance(document, str) else _text(document or trust()),
    }


def patience(clock: Clock, seconds: float = 10) -> Patience:
    """Return a wait that takes no time."""
    return Patience("AWS does it", seconds, sleep=clock.sleep, clock=clock)


def provider_of(record: Record) -> type[Any]:
    """Return the class of a dynamic resource's provider, which travels by reference and without state."""
    pickled = base64.b64decode(record.inputs["__provider"])
    copy = dill.loads(pickled)  # noqa: S301 - our own pickle
    assert vars(copy) == {}
    assert len(pickled) < 200, "more than a reference: it would change whenever the code does"
    return type(copy)


def _text(document: dict[str, Any]) -> str:
    """Return a document as IAM writes it."""
    return quote(json.dumps(document))
