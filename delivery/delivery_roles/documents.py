"""The policies of the delivery roles, made from what the program's resources need and where they are."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from delivery_roles.ensured import DYNAMIC_PROVIDERS
from delivery_roles.needs import Needs, actions_by_scope
from delivery_roles.resource_types import RESOURCE_TYPES
from delivery_roles.resource_types_of_storage import STORAGE_TYPES
from delivery_roles.scopes import UNSCOPED, Names, Place, conditions, scopes

Statement = dict[str, Any]
LIMIT = 6144
"""Characters of a managed policy, white space aside: a limit of IAM."""
POLICIES: Mapping[str, frozenset[str]] = {
    "functions": frozenset({"apigateway", "cognito-idp", "dynamodb", "lambda", "scheduler", "sqs"}),
    "lake": frozenset({"athena", "cloudformation", "firehose", "glue", "s3", "s3tables"}),
    "rights": frozenset({"iam", "lakeformation"}),
    "watching": frozenset({"cloudwatch", "logs", "sns"}),
}
"""The managed policies of a role, each with its services: one policy would be over the limit."""


def all_needs() -> list[Needs]:
    """Return what everything that the program can make needs."""
    tables = (RESOURCE_TYPES, STORAGE_TYPES, DYNAMIC_PROVIDERS)
    return [one for table in tables for several in table.values() for one in several]


def policy(name: str, place: Place, names: Names, *, write: bool) -> str:
    """Return one of `POLICIES` as JSON text.

    Args:
        name: of the policy.
        place: where the stack is deployed.
        names: what its resources are called.
        write: whether it may change things; if not, it can only look.

    Raises:
        ValueError: the policy is longer than IAM takes.
    """
    services = POLICIES[name]
    found = actions_by_scope(all_needs(), write=write)
    text = document(
        statement
        for scope, actions in sorted(found.items(), key=lambda item: item[0] or "")
        for statement in _statements(scope, {a for a in actions if _service(a) in services}, place, names)
    )
    if len(text) > LIMIT:
        raise ValueError(
            f"policy {name}: must have at most {LIMIT} characters, has {len(text)}: move a service elsewhere"
        )
    return text


def document(statements: Iterable[Statement]) -> str:
    """Return a policy document as JSON text."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, separators=(",", ":"))


def allow(actions: Iterable[str], resources: Iterable[str], condition: Mapping[str, Any] | None = None) -> Statement:
    """Permit the actions on the resources."""
    statement: Statement = {"Effect": "Allow", "Action": sorted(actions), "Resource": sorted(set(resources))}
    return {**statement, "Condition": dict(condition)} if condition else statement


def _statements(scope: str | None, actions: set[str], place: Place, names: Names) -> Iterator[Statement]:
    """Yield the statements of one scope; without a scope, one for each service and one for what AWS cannot scope."""
    arns, also = scopes(place, names), conditions(place, names)
    if scope is not None:
        if actions:
            yield allow(actions, arns[scope], also.get(scope))
        return
    for service in sorted({_service(action) for action in actions - UNSCOPED}):
        yield allow({action for action in actions - UNSCOPED if _service(action) == service}, arns[service])
    in_region = {"StringEquals": {"aws:RequestedRegion": place.region}}
    for action in sorted(actions & UNSCOPED & set(also)):
        yield allow({action}, ["*"], {**in_region, **also[action]})
    forced = actions & UNSCOPED - set(also)
    if forced:
        yield allow(forced, ["*"], in_region)


def _service(action: str) -> str:
    return action.partition(":")[0]
