"""The two roles of a stack: one that looks, for previews, plans and drift; one that deploys what was approved."""

from collections.abc import Callable
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from delivery_roles.documents import POLICIES, policy
from delivery_roles.scopes import ROLES_PATH, Names, Place
from delivery_roles.storage import DeliveryStorage, state_access
from delivery_roles.trust import Repository, trust_previews, trust_up

HOUR = 3600
UP_SECONDS = 2 * HOUR
"""How long an `up` may last: tables take minutes to become visible, and Lake Formation's grants to take effect."""


@dataclass(frozen=True)
class Delivered:
    """What the roles are for."""

    repository: Repository
    branch: str
    names: Names


class StackRoles(pulumi.ComponentResource):
    """The roles of one stack, with their policies.

    Creates: per role the role itself, the managed policies of `POLICIES`, and access to the stack's own state.
    """

    preview_role_arn: pulumi.Output[str]
    """ARN of the role that looks."""
    up_role_arn: pulumi.Output[str]
    """ARN of the role that deploys."""

    def __init__(
        self,
        name: str,
        delivered: Delivered,
        *,
        provider_arn: pulumi.Input[str],
        storage: DeliveryStorage,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the roles.

        Args:
            name: logical name.
            delivered: repository, branch and stack that the roles are for.
            provider_arn: of GitHub's identity provider.
            storage: where the stack's state is.
            opts: options of the component.
        """
        super().__init__("saas-metering-delivery:index:StackRoles", name, {}, opts)
        provider = pulumi.Output.from_input(provider_arn)
        repository, branch = delivered.repository, delivered.branch
        self.preview_role_arn = self._role(
            f"{name}-preview",
            provider.apply(lambda arn: trust_previews(arn, repository, branch)),
            delivered.names,
            storage,
            write=False,
        )
        self.up_role_arn = self._role(
            f"{name}-up",
            provider.apply(lambda arn: trust_up(arn, repository, branch, delivered.names.stack)),
            delivered.names,
            storage,
            write=True,
        )
        self.register_outputs({key: getattr(self, key) for key in StackRoles.__annotations__})

    def _role(
        self, name: str, trust: pulumi.Output[str], names: Names, storage: DeliveryStorage, *, write: bool
    ) -> pulumi.Output[str]:
        child = pulumi.ResourceOptions(parent=self)
        kind = "up" if write else "preview"
        role = aws.iam.Role(
            name,
            name=f"{names.own}-{kind}",  # fixed: repository variables and Lake Formation's administrators name it
            path=ROLES_PATH,
            description=f"{kind.capitalize()} of stack {names.stack} by GitHub Actions",
            assume_role_policy=trust,
            max_session_duration=UP_SECONDS if write else HOUR,
            opts=child,
        )
        place = _place(child)
        attached: list[pulumi.Resource] = []
        for policy_name in POLICIES:
            managed = aws.iam.Policy(
                f"{name}-{policy_name}",
                path=ROLES_PATH,
                policy=place.apply(_written(policy_name, names, write=write)),
                opts=child,
            )
            attached.append(
                aws.iam.RolePolicyAttachment(
                    f"{name}-{policy_name}", role=role.name, policy_arn=managed.arn, opts=child
                )
            )
        attached.append(
            aws.iam.RolePolicy(
                f"{name}-state",
                role=role.name,
                policy=pulumi.Output.all(storage.bucket_arn, storage.key_arn).apply(
                    lambda arns: state_access(*arns, project=names.project, stack=names.stack, write=write)
                ),
                opts=child,
            )
        )
        return role.arn


def _written(policy_name: str, names: Names, *, write: bool) -> Callable[[Place], str]:
    return lambda place: policy(policy_name, place, names, write=write)


def _place(opts: pulumi.ResourceOptions) -> pulumi.Output[Place]:
    asked = pulumi.InvokeOptions(parent=opts.parent)
    return pulumi.Output.all(
        partition=aws.get_partition_output(opts=asked).partition,
        region=aws.get_region_output(opts=asked).region,
        account=aws.get_caller_identity_output(opts=asked).account_id,
    ).apply(lambda values: Place(**values))
