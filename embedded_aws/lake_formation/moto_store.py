"""Lake Formation of moto: it keeps the state, and answers the calls that no code of ours answers better.

Imported at the first call to Lake Formation, not with the server: moto takes half a second and 13 MB. moto is called
as a library; its server and Flask are not needed.
"""

import json
from typing import Any

from moto.core.request import Request
from moto.lakeformation import models
from moto.lakeformation.responses import LakeFormationResponse
from werkzeug.test import EnvironBuilder

Scope = tuple[str, str]
"""Account and Region."""


class Registered(models.Resource):
    """A registered location with all that was said at its registration; moto keeps ARN and role only."""

    def __init__(self, described: dict[str, Any]) -> None:
        super().__init__(described["ResourceArn"], described.get("RoleArn", ""))
        self.described = described

    def to_dict(self) -> dict[str, Any]:
        """Give it as DescribeResource shows it."""
        return dict(self.described)


def backend(scope: Scope) -> Any:
    """Give moto's Lake Formation of an account and Region."""
    account, region = scope
    return models.lakeformation_backends[account][region]


def grants(scope: Scope) -> set[models.Permission]:
    """Give the grants of an account and Region.

    Change them by `put_grant` only: moto's own `merge` and `diff` change what a set has hashed, and lose it.
    """
    account, _ = scope
    found: set[models.Permission] = backend(scope).grants.setdefault(account, models.PermissionCatalog()).permissions
    return found


def put_grant(
    scope: Scope, principal: str, resource: dict[str, Any], permissions: list[str], grantable: list[str]
) -> None:
    """Let a principal have just these permissions on a resource; none removes the grant."""
    kept = grants(scope)
    identified = {"DataLakePrincipalIdentifier": principal}
    kept -= {one for one in kept if (one.principal, one.resource) == (identified, resource)}
    if permissions or grantable:
        kept.add(models.Permission(identified, resource, permissions, grantable))


def answer(scope: Scope, action: str, data: dict[str, Any]) -> tuple[int, dict[str, str], bytes] | None:
    """Let moto answer a call; None if it does not know the operation."""
    account, region = scope
    request = EnvironBuilder(
        method="POST",
        path=f"/{action}",
        base_url=f"https://lakeformation.{region}.amazonaws.com",
        data=json.dumps(data),
        headers=[("Content-Type", "application/json"), ("x-moto-account-id", account)],
    )
    try:
        status, headers, body = LakeFormationResponse.dispatch(Request(request.get_environ()))
    except NotImplementedError:
        return None
    kept = {str(name): str(value) for name, value in headers.items() if str(name).lower() == "x-amzn-errortype"}
    return int(status), {"Content-Type": "application/json", **kept}, str(body).encode()


def reset() -> None:
    """Forget everything, in all accounts and Regions."""
    models.lakeformation_backends.reset()
