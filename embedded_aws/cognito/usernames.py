"""Whose name is whose: one user per name however many sign up at once, and letter case as the pool says.

A pool without `UsernameConfiguration` tells upper from lower case, as on AWS.
"""

from typing import Any

from embedded_aws import hooks

_COGNITO = hooks.use(
    "ministack.services.cognito", "_admin_create_user", "_pool_for_client", "_resolve_user", "_sign_up"
)
_CONCURRENCY = hooks.use("ministack.core.concurrency", "resource_lock")

Pool = dict[str, Any]


def install() -> None:
    """Put this around ministack's search for users, and around what makes them."""
    _COGNITO._resolve_user = _in_any_case(_COGNITO._resolve_user)
    _COGNITO._sign_up = _one_at_a_time(_COGNITO._sign_up)
    _COGNITO._admin_create_user = _one_at_a_time(_COGNITO._admin_create_user)


def _in_any_case(resolve: Any) -> Any:
    def resolve_user(pool: Pool, username: str | None) -> Any:
        user, error = resolve(pool, username)
        if user is not None or username is None or (pool.get("UsernameConfiguration") or {}).get("CaseSensitive", True):
            return user, error
        stored = _stored(pool, username.casefold())
        return (None, error) if stored is None else resolve(pool, stored)

    return resolve_user


def _stored(pool: Pool, folded: str) -> str | None:
    """Give the name by which ministack finds a user, or None."""
    aliases = {*(pool.get("UsernameAttributes") or []), *(pool.get("AliasAttributes") or [])}
    for user in list(pool["_users"].values()):
        names = [user["Username"], *(one["Value"] for one in user["Attributes"] if one["Name"] in aliases)]
        for name in names:
            if name.casefold() == folded:
                return str(name)
    return None


def _one_at_a_time(create: Any) -> Any:
    """Let the same name wait; others, also those that a trigger of the first one makes, do not."""

    def create_user(data: dict[str, Any]) -> Any:
        pool_id = data.get("UserPoolId") or _COGNITO._pool_for_client(data.get("ClientId"))[1]
        with _CONCURRENCY.resource_lock("cognito-user", f"{pool_id}/{str(data.get('Username')).casefold()}"):
            return create(data)

    return create_user
