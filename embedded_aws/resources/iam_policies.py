"""IAM policies of their own, and which roles have them."""

from collections.abc import Mapping
from typing import Any, ClassVar

import boto3

from embedded_aws.resources._aws import client, found, retag, tag_outputs, tags
from embedded_aws.resources._creator import Creator, Outputs, document
from embedded_aws.resources._shape import Shape

_GONE = "NoSuchEntity"
_VERSIONS = 5
"""IAM keeps that many versions of a policy."""


class Policy(Creator):
    """`aws.iam.Policy`; its id is its ARN. A changed document is a new version, which is the default one."""

    pulumi_type = "aws:iam/policy:Policy"
    shape: ClassVar[Shape] = {
        "name": "PolicyName",
        "path": "Path",
        "description": "Description",
        "policy": "PolicyDocument",
        "tags": "Tags",
    }
    kept = frozenset({"namePrefix"})
    replace_on = frozenset({"name", "namePrefix", "path", "description"})
    named_by = "name"

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:
        given = {key: value for key, value in args.items() if key not in self.kept}
        text = {"PolicyDocument": document(args["PolicyDocument"])}
        tagged = {"PolicyName": name, "Tags": tags(args.get("Tags", {}))}
        return str(client(session, "iam").create_policy(**given | text | tagged)["Policy"]["Arn"])

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give the policy with the document of its default version."""
        iam = client(session, "iam")
        answer = found(iam.get_policy, _GONE, PolicyArn=id_)
        if answer is None:
            return None
        policy = answer["Policy"]
        version = iam.get_policy_version(PolicyArn=id_, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
        return {
            "name": policy["PolicyName"],
            "path": policy["Path"],
            "policy": document(version["Document"]),
            "policyId": policy["PolicyId"],
            "attachmentCount": policy["AttachmentCount"],
            "arn": id_,
            **({"description": policy["Description"]} if policy.get("Description") else {}),
            **tag_outputs(iam.list_policy_tags(PolicyArn=id_).get("Tags", [])),
        }

    def _update(self, session: boto3.Session, id_: str, olds: Mapping[str, Any], args: dict[str, Any]) -> None:
        iam, text = client(session, "iam"), document(args["PolicyDocument"])
        if text != olds.get("policy"):
            others = self._others(iam, id_)
            if len(others) == _VERSIONS - 1:
                iam.delete_policy_version(PolicyArn=id_, VersionId=others[0])
            iam.create_policy_version(PolicyArn=id_, PolicyDocument=text, SetAsDefault=True)
        retag(
            olds,
            args.get("Tags", {}),
            lambda changed: iam.tag_policy(PolicyArn=id_, Tags=tags(changed)),
            lambda gone: iam.untag_policy(PolicyArn=id_, TagKeys=gone),
        )

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Delete the policy in all its versions; a role that has it is IAM's DeleteConflict."""
        iam = client(session, "iam")
        if found(iam.get_policy, _GONE, PolicyArn=id_):
            for version in self._others(iam, id_):
                iam.delete_policy_version(PolicyArn=id_, VersionId=version)
            found(iam.delete_policy, _GONE, PolicyArn=id_)

    def _others(self, iam: Any, arn: str) -> list[str]:
        """Give the versions that are not the default one, the oldest first."""
        versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
        return sorted(
            (one["VersionId"] for one in versions if not one["IsDefaultVersion"]), key=lambda name: int(name[1:])
        )


class RolePolicyAttachment(Creator):
    """`aws.iam.RolePolicyAttachment`; its id is `<role>/<policy's ARN>`, as pulumi-aws imports it."""

    pulumi_type = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    shape: ClassVar[Shape] = {"role": "RoleName", "policyArn": "PolicyArn"}
    replace_on = frozenset({"role", "policyArn"})

    def _create(self, session: boto3.Session, name: str, args: dict[str, Any]) -> str:  # noqa: ARG002 - has no name
        role = args["RoleName"].rsplit("/", 1)[-1]  # by name or ARN
        client(session, "iam").attach_role_policy(RoleName=role, PolicyArn=args["PolicyArn"])
        return f"{role}/{args['PolicyArn']}"

    def read(self, session: boto3.Session, id_: str) -> Outputs | None:
        """Give role and policy while the one has the other."""
        role, policy = id_.split("/", 1)
        pages = client(session, "iam").get_paginator("list_attached_role_policies").paginate(RoleName=role)
        attached = found(lambda: [one["PolicyArn"] for page in pages for one in page["AttachedPolicies"]], _GONE)
        return {"role": role, "policyArn": policy} if policy in (attached or []) else None

    def delete(self, session: boto3.Session, id_: str, outputs: Mapping[str, Any]) -> None:  # noqa: ARG002 - the id is enough
        """Take the policy from the role."""
        role, policy = id_.split("/", 1)
        found(client(session, "iam").detach_role_policy, _GONE, RoleName=role, PolicyArn=policy)


CREATORS: tuple[Creator, ...] = (Policy(), RolePolicyAttachment())
