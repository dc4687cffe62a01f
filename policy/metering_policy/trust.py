"""Whoever takes a role is one service for one account, or somebody who is named."""

from collections.abc import Iterator

from pulumi_policy import ResourceValidationArgs

from metering_policy import _kinds as kinds
from metering_policy._documents import Statement, allowing, conditions, is_narrowed, principals, statements
from metering_policy._reading import shown
from metering_policy._rule import resource_rule
from metering_policy.public import OF_AN_ACCOUNT

OF_A_SOURCE = frozenset({"aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID"})
"""Condition keys by which a service says for whom it takes a role."""
_SUBJECT = ":sub"


def _trusts_too_many(args: ResourceValidationArgs) -> Iterator[str]:
    for statement in allowing(statements(args.props, "assumeRolePolicy")):
        if "NotPrincipal" in statement:
            yield f"`NotPrincipal` must not stand in a trust policy, got {shown(statement['NotPrincipal'])}"
        for kind, name in principals(statement):
            yield from _too_many(statement, kind, name)


def _too_many(statement: Statement, kind: str, name: str) -> Iterator[str]:
    if "*" in name:
        if not is_narrowed(statement, OF_AN_ACCOUNT):
            yield f"`Principal` must be named, or held by a condition on account or organization, got {name!r}"
    elif kind == "Service":
        if not is_narrowed(statement, OF_A_SOURCE, if_exists=True):
            yield f"`Condition` must hold aws:SourceAccount or aws:SourceArn where {name!r} takes the role, got none"
    elif kind == "Federated":
        subjects = [values for key, values in conditions(statement) if key.endswith(_SUBJECT)]
        if not any(values and "*" not in values for values in subjects):
            yield f"`Condition` must hold the token's subject where {name!r} vouches for who takes the role, got none"


TRUST_NARROW = resource_rule(
    "trust-narrow",
    "A role is taken by a service for this account, by a named principal, or by an identity provider's named subject.",
    "Use the trust policies of components._iam",
    {kinds.ROLE: _trusts_too_many},
)
POLICIES = (TRUST_NARROW,)
