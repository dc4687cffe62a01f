"""The delivery's up role deploys the program; its preview role previews it and looks for drift. Tells as JSON.

It runs in a process of its own, in an embedded AWS that nobody else is in. The roles have the policies of
`delivery/delivery_roles`, resources and conditions included, and trust the account, which has no tokens of GitHub's.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

from delivery_roles.documents import POLICIES, policy
from delivery_roles.scopes import PRODUCTS, ROLES_PATH, Names, Place
from embedded_aws.engine import Operation, Stack
from embedded_aws.server import EmbeddedAws
from embedded_aws.session import EmbeddedSession
from tests.unit.components.harness import ROOT

ACCOUNT = "000000000000"
PLACE = Place(partition="aws", region="us-east-1", account=ACCOUNT)
NAMES = Names(project="saas-metering", stack="dev", namespace="metering", products=PRODUCTS)
ASKED_FOR_OTHERWISE = (
    *("lambda:ListAliases", "lambda:ListEventSourceMappings"),  # what ministack takes the `Get`s of one for
    "cognito-idp:ListUserPools",  # how the embedded creator finds the pool of a client
    "s3:GetObject",  # the embedded S3 Tables keep metadata files as S3's; AWS asks for s3tables:GetTableData
)
"""What the embedded AWS asks of a role, and AWS does not."""
LOOKING_ON_ALL = (
    *("athena:ListTagsForResource", "cloudwatch:GetDashboard", "cloudwatch:ListTagsForResource"),
    *("dynamodb:ListTagsOfResource", "iam:GetRole", "scheduler:GetSchedule", "scheduler:ListTagsForResource"),
    "sns:ListTagsForResource",
)
WRITING_ON_ALL = (
    *("cloudwatch:PutDashboard", "iam:AttachRolePolicy", "iam:CreatePolicy", "lambda:CreateEventSourceMapping"),
    *("lambda:CreateFunction", "s3tables:CreateTableBucket", "scheduler:CreateSchedule"),
)
"""Permitted by the policies as well, and held to resources or conditions there that ministack does not tell."""


def main(access_control: str) -> None:
    with EmbeddedAws() as aws:
        config = {"saas-metering:accessControl": access_control}
        up_role, deploying = _role(aws, "up", write=True)
        preview_role, looking = _role(aws, "preview", write=False)
        stack = _stack(deploying, up_role, config)
        stack.up()
        stack.refresh()  # the embedded engine takes what only AWS sets for drift, as how often a policy is attached
        if access_control == "lakeformation":
            _make_read_only_administrator(aws.session().client("lakeformation"), preview_role)
        looked = _stack(looking, preview_role, config)
        looked._state = stack._state
        found = {
            "resources": len(stack.resources),
            "preview": _differing(looked.preview().changes),
            "drift": _differing(looked.refresh().changes),
        }
        json.dump(found, sys.stdout)


def _stack(session: EmbeddedSession, role: str, config: dict[str, str]) -> Stack:
    # The engine acts by the session, dynamic providers as the `aws` configuration says.
    return Stack(ROOT, "dev", session, config={**config, "aws:assumeRoles": json.dumps([{"roleArn": role}])})


def _differing(changes: Mapping[str, Operation]) -> list[str]:
    return sorted(urn.rpartition("::")[2] for urn, operation in changes.items() if operation is not Operation.SAME)


def _role(aws: EmbeddedAws, kind: str, *, write: bool) -> tuple[str, EmbeddedSession]:
    iam: Any = aws.session().client("iam")
    name = f"{NAMES.own}-{kind}"
    account = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    arn = iam.create_role(RoleName=name, Path=ROLES_PATH, AssumeRolePolicyDocument=_document(account))["Role"]["Arn"]
    for policy_name in POLICIES:
        document = policy(policy_name, PLACE, NAMES, write=write)
        iam.put_role_policy(RoleName=name, PolicyName=policy_name, PolicyDocument=document)
    # Dynamic providers take the role once more, since the engine's session is not theirs.
    more = [*ASKED_FOR_OTHERWISE, *LOOKING_ON_ALL, *(WRITING_ON_ALL if write else ()), "sts:AssumeRole"]
    embedded = {"Effect": "Allow", "Action": more, "Resource": "*"}
    iam.put_role_policy(RoleName=name, PolicyName="embedded", PolicyDocument=_document(embedded))
    sts: Any = aws.session().client("sts")
    keys = sts.assume_role(RoleArn=arn, RoleSessionName="ci")["Credentials"]
    return arn, EmbeddedSession(
        aws.url,
        region=PLACE.region,
        access_key=keys["AccessKeyId"],
        secret_key=keys["SecretAccessKey"],
        token=keys["SessionToken"],
    )


def _make_read_only_administrator(lake_formation: Any, arn: str) -> None:
    settings = lake_formation.get_data_lake_settings()["DataLakeSettings"]
    settings["Parameters"].pop("SET_CONTEXT", None)
    settings["ReadOnlyAdmins"] = [{"DataLakePrincipalIdentifier": arn}]
    lake_formation.put_data_lake_settings(DataLakeSettings=settings)


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


if __name__ == "__main__":
    main(sys.argv[1])
