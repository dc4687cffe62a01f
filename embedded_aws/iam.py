"""Who may do what: the checks that AWS makes when one service acts for somebody else.

ministack checks requests that reach it over HTTP. What its services do inside the process (Firehose delivers, Athena
reads a table, a function writes its log) goes through here, with the same policy evaluator.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from embedded_aws import hooks

_EVALUATOR = hooks.use(
    "ministack.core.iam_evaluator",
    "AuthError",
    "EvalContext",
    "PrincipalInfo",
    "_gather_role_policies",
    "_permissions_boundary",
    "evaluate",
    "evaluate_trust_policy",
    "resolve_principal",
)
_IAM = hooks.use("ministack.services.iam", "_roles", "_users")
_RESPONSES = hooks.use("ministack.core.responses", "get_account_id", "get_region")


class AccessDeniedError(Exception):
    """A principal may not do something; the message is worded as AWS words it."""

    def __init__(self, principal: str, action: str, resource: str) -> None:
        super().__init__(
            f"User: {principal} is not authorized to perform: {action} on resource: {resource} "
            f"because no identity-based policy allows the {action} action"
        )
        self.principal, self.action, self.resource = principal, action, resource


@dataclass(frozen=True)
class Principal:
    """Somebody who acts: an ARN and the policies that bind it.

    `policies` is None for the account's root, which may do everything.
    """

    arn: str
    account: str
    policies: list[Any] | None
    limits: list[Any] = field(default_factory=list)
    keys: Mapping[str, Any] = field(default_factory=dict)


def service_role(
    role_arn: str,
    service: str,
    context: Mapping[str, str],
    session_name: str,
    actions: Sequence[str] = ("sts:AssumeRole",),
) -> Principal:
    """Let an AWS service assume a role, as it does before it acts with it.

    Args:
        role_arn: the role.
        service: the service principal, such as `firehose.amazonaws.com`.
        context: condition keys of the assumption, such as `sts:ExternalId` and `aws:SourceArn`.
        session_name: the session's name in the principal's ARN.
        actions: what the trust policy must allow the service; some set a session's context and source identity, too.

    Raises:
        AccessDeniedError: there is no such role, or its trust policy does not let the service assume it.
    """
    account, name = role_arn.split(":")[4], role_arn.rsplit("/", 1)[-1]
    role = _IAM._roles.get_scoped(account, None, name)
    for action in actions:
        if role is None or not _EVALUATOR.evaluate_trust_policy(
            _trust_of_service(role["AssumeRolePolicyDocument"], service),
            service,
            _trust_context(service, action, account, context),
        ):
            raise AccessDeniedError(service, action, role_arn)
    return Principal(
        arn=f"arn:aws:sts::{account}:assumed-role/{name}/{session_name}",
        account=account,
        policies=_EVALUATOR._gather_role_policies(name, account),
        limits=_EVALUATOR._permissions_boundary(_IAM._roles, name, account),
    )


def caller(access_key_id: str) -> Principal:
    """The principal behind an access key.

    Raises:
        AccessDeniedError: the key is unknown, inactive or expired.
    """
    found = _EVALUATOR.resolve_principal(access_key_id, _RESPONSES.get_account_id())
    if isinstance(found, _EVALUATOR.AuthError):
        raise AccessDeniedError(access_key_id, "sts:GetCallerIdentity", "*")
    return Principal(found.arn, found.account, found.policies, found.limits, found.keys)


def identity(principal: Principal) -> str:
    """Give the ARN that outlives a session: of the role, with its path, behind a role's session; else the own one."""
    kind, _, rest = principal.arn.split(":", 5)[-1].partition("/")
    if kind != "assumed-role":
        return principal.arn
    role = _IAM._roles.get_scoped(principal.account, None, rest.split("/", 1)[0])
    return str(role["Arn"]) if role else principal.arn


def exists(arn: str) -> bool:
    """Tell whether a role or user of that very ARN is there; an account's root always is."""
    account, what = arn.split(":")[4], arn.split(":", 5)[-1]
    kind, name = what.partition("/")[0], what.rsplit("/", 1)[-1]
    stores = {"role": _IAM._roles, "user": _IAM._users}
    if kind not in stores:
        return what == "root"
    found = stores[kind].get_scoped(account, None, name)
    return found is not None and found["Arn"] == arn


def require(principal: Principal, action: str, *resources: str, context: Mapping[str, str] | None = None) -> None:
    """Demand that a principal may do an action on EVERY one of the resources.

    Where AWS's documents name a resource by two ARNs (Glue's objects of a federated catalog), both are demanded: which
    one the service checks is not documented, so a policy must name both.

    Raises:
        AccessDeniedError: for the first resource that is refused.
    """
    if principal.policies is None:
        return
    for resource in resources:
        request = _EVALUATOR.EvalContext(
            principal_arn=principal.arn,
            principal_type="AssumedRole",
            principal_account=principal.account,
            action=action,
            resource_arn=resource,
            region=_RESPONSES.get_region(),
            secure_transport=True,  # services talk to each other over TLS
            service_context={key.lower(): value for key, value in (context or {}).items()},
            principal_keys=dict(principal.keys),
        )
        if _EVALUATOR.evaluate(request, principal.policies, *principal.limits).decision != "Allow":
            raise AccessDeniedError(principal.arn, action, resource)


def _trust_context(service: str, action: str, account: str, context: Mapping[str, str]) -> Any:
    return _EVALUATOR.EvalContext(
        principal_arn=service,
        principal_type="AWSService",
        principal_account=account,
        action=action,
        resource_arn="*",
        region=_RESPONSES.get_region(),
        service_context={key.lower(): value for key, value in context.items()},
    )


def _trust_of_service(document: str | dict[str, Any], service: str) -> dict[str, Any]:
    """Keep the statements of a trust policy that name the service.

    ministack's own matcher lets any `Service` entry match an account's root; here only the named service counts.
    """
    policy = json.loads(document) if isinstance(document, str) else document
    statements = policy.get("Statement", [])
    kept = []
    for statement in [statements] if isinstance(statements, dict) else statements:
        principal = statement.get("Principal", {})
        services = principal.get("Service", []) if isinstance(principal, dict) else []
        if service in ([services] if isinstance(services, str) else services):
            kept.append({**statement, "Principal": "*"})
    return {**policy, "Statement": kept}
