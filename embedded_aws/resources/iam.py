"""IAM roles and what they may do."""

from collections.abc import Mapping
from typing import Any, ClassVar

import boto3

from embedded_aws.resources._aws import client, found, retag, tag_outputs, tags
from embedded_aws.resources._creator import Creator, Outputs, document
from embedded_aws.resources._shape import Shape, from_aws

_GONE = "NoSuchEntity"


class Role(Creator):
    """`aws.iam.Role`; its id is its name."""

    pulumi_type = "aws:iam/role:Role"
    shape: ClassVar[Shape] = {
        "name": "RoleName",
        "namePrefix": "NamePrefix",
        "path": "Path",
        "assumeRolePolicy": "AssumeRolePolicyDocument",
        "description": "Description",
        "maxSessionDuration": "MaxSessionDuration",
        "permissionsBoundary": "PermissionsBoundary",
        "tags": "Tags",
    }
    kept = frozenset({"namePrefix", "forceDetachPolicies"})
    replace_on = frozenset({"name", "namePrefix", "path"})
    named_by = "name"

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        client(session, "iam").create_role(
            **{key: value for key, value in args.items() if key not in self.kept}
            | {
                "RoleName": name,
                "AssumeRolePolicyDocument": document(args["AssumeRolePolicyDocument"]),
                "Tags": tags(args.get("Tags", {})),
            }
        )
        return name

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the role with its trust policy."""
        answer = found(client(session, "iam").get_role, _GONE, RoleName=id_)
        if answer is None:
            return None
        role = answer["Role"]
        boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        return {
            "name": role["RoleName"],
            "path": role["Path"],
            "arn": role["Arn"],
            "uniqueId": role["RoleId"],
            "createDate": role["CreateDate"].isoformat(),
            "assumeRolePolicy": document(role["AssumeRolePolicyDocument"]),
            "maxSessionDuration": role.get("MaxSessionDuration", 3600),
            **({"description": role["Description"]} if role.get("Description") else {}),
            **({"permissionsBoundary": boundary} if boundary else {}),
            **tag_outputs(role.get("Tags")),
        }

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:
        iam = client(session, "iam")
        iam.update_assume_role_policy(RoleName=id_, PolicyDocument=document(args["AssumeRolePolicyDocument"]))
        iam.update_role(
            RoleName=id_,
            Description=args.get("Description", ""),
            MaxSessionDuration=args.get("MaxSessionDuration", 3600),
        )
        if boundary := args.get("PermissionsBoundary"):
            iam.put_role_permissions_boundary(RoleName=id_, PermissionsBoundary=boundary)
        elif olds.get("permissionsBoundary"):
            iam.delete_role_permissions_boundary(RoleName=id_)
        retag(
            olds,
            args.get("Tags", {}),
            lambda changed: iam.tag_role(RoleName=id_, Tags=tags(changed)),
            lambda gone: iam.untag_role(RoleName=id_, TagKeys=gone),
        )

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:
        """Delete the role; policies that are still in it are IAM's DeleteConflict unless `forceDetachPolicies`."""
        iam = client(session, "iam")
        if outputs.get("forceDetachPolicies"):
            for name in iam.list_role_policies(RoleName=id_)["PolicyNames"]:
                iam.delete_role_policy(RoleName=id_, PolicyName=name)
            for policy in iam.list_attached_role_policies(RoleName=id_)["AttachedPolicies"]:
                iam.detach_role_policy(RoleName=id_, PolicyArn=policy["PolicyArn"])
        found(iam.delete_role, _GONE, RoleName=id_)


class RolePolicy(Creator):
    """`aws.iam.RolePolicy`; its id is `<role>:<policy>`."""

    pulumi_type = "aws:iam/rolePolicy:RolePolicy"
    shape: ClassVar[Shape] = {
        "role": "RoleName",
        "name": "PolicyName",
        "namePrefix": "NamePrefix",
        "policy": "PolicyDocument",
    }
    kept = frozenset({"namePrefix"})
    replace_on = frozenset({"role", "name", "namePrefix"})
    named_by = "name"

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        role = args["RoleName"]
        client(session, "iam").put_role_policy(
            RoleName=role, PolicyName=name, PolicyDocument=document(args["PolicyDocument"])
        )
        return f"{role}:{name}"

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the policy document."""
        role, name = id_.split(":")
        answer = found(client(session, "iam").get_role_policy, _GONE, RoleName=role, PolicyName=name)
        if answer is None:
            return None
        return from_aws(self.shape, answer) | {"policy": document(answer["PolicyDocument"])}

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:  # noqa: ARG002 - put whole
        self._create(session, id_.split(":")[1], args)

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Take the policy out of its role."""
        role, name = id_.split(":")
        found(client(session, "iam").delete_role_policy, _GONE, RoleName=role, PolicyName=name)


CREATORS: tuple[Creator, ...] = (Role(), RolePolicy())
