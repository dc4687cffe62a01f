"""The role that Lake Formation takes to reach every table bucket of the account: ensured, never owned.

A registration whose role is gone breaks access to every table bucket, so no stack may own the role. AWS's console makes
one of the same name; it is adopted if it is fit.
"""

import json
from typing import Any
from urllib.parse import unquote

from components._ensure._provider import Client

ROLE_NAME = "S3TablesRoleForLakeFormation"
_SERVICE = "lakeformation.amazonaws.com"
_TRUSTED_ACTIONS = ("sts:AssumeRole", "sts:SetContext", "sts:SetSourceIdentity")
"""Without the last two Lake Formation can vend no credentials."""
_BUCKET_ACTIONS = (
    *("CreateTableBucket", "GetTableBucket", "DeleteTableBucket"),
    *("CreateNamespace", "GetNamespace", "ListNamespaces", "DeleteNamespace"),
    *("CreateTable", "DeleteTable", "GetTable", "ListTables", "RenameTable"),
    *("UpdateTableMetadataLocation", "GetTableMetadataLocation", "GetTableData", "PutTableData"),
)
"""Those of AWS's own `AmazonS3TablesLakeFormationServiceRole`."""


class RoleError(Exception):
    """The role that is there is none that Lake Formation could use."""


def trust(account_id: str) -> dict[str, Any]:
    """Return the role's trust policy."""
    return _document(
        {
            "Effect": "Allow",
            "Action": list(_TRUSTED_ACTIONS),
            "Principal": {"Service": _SERVICE},
            "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
        }
    )


def access(resource_arn: str, account_id: str) -> dict[str, Any]:
    """Return what the role may do to the table buckets of a region, by their ARN pattern."""
    listing = {
        "Effect": "Allow",
        "Action": ["s3tables:ListTableBuckets"],
        # `*` is forced by AWS: listing knows no resources.
        "Resource": ["*"],
        "Condition": {"StringEquals": {"aws:ResourceAccount": account_id}},
    }
    actions = [f"s3tables:{action}" for action in _BUCKET_ACTIONS]
    return _document(listing, {"Effect": "Allow", "Action": actions, "Resource": [resource_arn]})


def role_exists(iam: Client) -> bool:
    """Tell whether there is a role of that name."""
    return _find(iam) is not None


def ensure_role(iam: Client, props: dict[str, Any], path: str = "/") -> str:
    """Return the ARN of the role, made if it is missing, permitted what Lake Formation needs in the region.

    Args:
        iam: client in the stack's account.
        props: `resource_arn`, the ARN pattern of the table buckets; `account_id`; `region`.
        path: of the role, if it is made.

    Raises:
        RoleError: a role of that name does not let Lake Formation take it.
    """
    role = _find(iam) or _create(iam, props, path)
    lacking = _lacking(role)
    if lacking:
        raise RoleError(
            f"role {role['Arn']} does not let {_SERVICE} do {', '.join(lacking)}: add that to its trust policy, or"
            " remove the role, so that it is made anew"
        )
    # One policy per region: stacks of other regions have theirs on the same role, and nobody's is overwritten.
    iam.put_role_policy(
        RoleName=ROLE_NAME,
        PolicyName=f"TableBuckets-{props['region']}",
        PolicyDocument=json.dumps(access(props["resource_arn"], props["account_id"])),
    )
    return str(role["Arn"])


def _find(iam: Client) -> dict[str, Any] | None:
    try:
        role: dict[str, Any] = iam.get_role(RoleName=ROLE_NAME)["Role"]
    except iam.exceptions.NoSuchEntityException:
        return None
    return role


def _create(iam: Client, props: dict[str, Any], path: str) -> dict[str, Any]:
    try:
        role: dict[str, Any] = iam.create_role(
            RoleName=ROLE_NAME,
            Path=path,
            Description="Lake Formation's access to the account's table buckets; shared by all that use them",
            AssumeRolePolicyDocument=json.dumps(trust(props["account_id"])),
        )["Role"]
    except iam.exceptions.EntityAlreadyExistsException:
        # Another stack was faster.
        role = iam.get_role(RoleName=ROLE_NAME)["Role"]
    return role


def _lacking(role: dict[str, Any]) -> list[str]:
    """Return the actions that the role's trust policy does not permit Lake Formation."""
    document = role["AssumeRolePolicyDocument"]
    # boto3 hands the document on decoded, and other clients as IAM wrote it.
    document = json.loads(unquote(document)) if isinstance(document, str) else document
    permitted = {
        action
        for statement in _listed(document["Statement"])
        if statement["Effect"] == "Allow" and _SERVICE in _listed(_services(statement))
        for action in _listed(statement.get("Action", []))
    }
    return [action for action in _TRUSTED_ACTIONS if not permitted & {action, "sts:*", "*"}]


def _services(statement: dict[str, Any]) -> Any:
    principal = statement.get("Principal", {})
    return principal.get("Service", []) if isinstance(principal, dict) else []


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}
