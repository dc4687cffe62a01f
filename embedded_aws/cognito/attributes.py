"""Which attributes an app client may read and write, and which a user pool has at all."""

import base64
import json
from typing import Any

from embedded_aws import hooks

_COGNITO = hooks.use(
    "ministack.services.cognito",
    "_admin_create_user",
    "_admin_update_user_attributes",
    "_create_user_pool_client",
    "_fake_token",
    "_get_user",
    "_pool_for_client",
    "_sign_up",
    "_update_user_attributes",
    "_update_user_pool_client",
    "_user_pools",
)
_RESPONSES = hooks.use("ministack.core.responses", "error_response_json")

NEVER_WRITABLE = frozenset({"sub", "email_verified", "phone_number_verified"})
"""Attributes that only Cognito and administrators set."""
_CUSTOM = "custom:"

Pool = dict[str, Any]
Client = dict[str, Any]


def install() -> None:
    """Put the checks before ministack's actions."""
    _COGNITO._create_user_pool_client = _with_known_lists(_COGNITO._create_user_pool_client)
    _COGNITO._update_user_pool_client = _with_known_lists(_COGNITO._update_user_pool_client)
    _COGNITO._sign_up = _sign_up(_COGNITO._sign_up)
    _COGNITO._update_user_attributes = _update(_COGNITO._update_user_attributes)
    _COGNITO._get_user = _get_user(_COGNITO._get_user)
    _COGNITO._admin_create_user = _in_schema(_COGNITO._admin_create_user)
    _COGNITO._admin_update_user_attributes = _in_schema(_COGNITO._admin_update_user_attributes)
    _COGNITO._fake_token = _readable_claims(_COGNITO._fake_token)


def writable(pool: Pool, client: Client) -> frozenset[str]:
    """Name the attributes that users may set through a client.

    Without a list these are all of the pool's, custom ones too: AWS's documents speak of the standard attributes only,
    but clients that write the others have been seen, and a program must not rely on the kinder reading.
    """
    return frozenset(client.get("WriteAttributes") or (_schema(pool) - NEVER_WRITABLE))


def readable(pool: Pool, client: Client) -> frozenset[str]:
    """Name the attributes that a client's tokens and GetUser show.

    Without a list these are the standard ones, as AWS documents it: a program that needs a custom one must list it.
    """
    listed = client.get("ReadAttributes") or [name for name in _schema(pool) if not name.startswith(_CUSTOM)]
    return frozenset({*listed, "sub"})


def _schema(pool: Pool) -> frozenset[str]:
    return frozenset(attribute["Name"] for attribute in pool["SchemaAttributes"])


def _names(data: dict[str, Any]) -> list[str]:
    return [attribute["Name"] for attribute in data.get("UserAttributes") or []]


def _error(code: str, message: str) -> Any:
    return _RESPONSES.error_response_json(code, message, 400)


def _refusal(pool: Pool, client: Client | None, names: list[str]) -> Any:
    """Give Cognito's error for attributes that a client may not write (None: an administrator) or the pool lacks."""
    if client is not None and not writable(pool, client).issuperset(names):
        return _error("NotAuthorizedException", "A client attempted to write unauthorized attribute")
    unknown = sorted(set(names) - _schema(pool))
    if unknown:
        listed = "".join(f"{name}: Attribute does not exist in the schema.\n" for name in unknown)
        return _error("InvalidParameterException", f"Attributes did not conform to the schema: {listed}")
    return None


def _with_known_lists(change: Any) -> Any:
    """Refuse lists that name what the pool lacks, and writing what only Cognito sets."""

    def change_client(data: dict[str, Any]) -> Any:
        pool = _COGNITO._user_pools.get(data.get("UserPoolId"))
        if pool is not None:
            if not set(data.get("ReadAttributes") or []) <= _schema(pool):
                return _error("InvalidParameterException", "Invalid read attributes specified while creating a client")
            if not set(data.get("WriteAttributes") or []) <= _schema(pool) - NEVER_WRITABLE:
                return _error("InvalidParameterException", "Invalid write attributes specified while creating a client")
        return change(data)

    return change_client


def _sign_up(create: Any) -> Any:
    def sign_up(data: dict[str, Any]) -> Any:
        pool, _ = _COGNITO._pool_for_client(data.get("ClientId"))
        if pool is None:
            return create(data)  # ministack says so
        if (pool.get("AdminCreateUserConfig") or {}).get("AllowAdminCreateUserOnly"):
            return _error("NotAuthorizedException", "SignUp is not permitted for this user pool")
        return _refusal(pool, pool["_clients"][data["ClientId"]], _names(data)) or create(data)

    return sign_up


def _update(change: Any) -> Any:
    def update_user_attributes(data: dict[str, Any]) -> Any:
        pool, client = _of_access_token(data.get("AccessToken", ""))
        return (_refusal(pool, client, _names(data)) if pool and client else None) or change(data)

    return update_user_attributes


def _in_schema(change: Any) -> Any:
    def change_user(data: dict[str, Any]) -> Any:
        pool = _COGNITO._user_pools.get(data.get("UserPoolId"))
        return (_refusal(pool, None, _names(data)) if pool else None) or change(data)

    return change_user


def _get_user(get: Any) -> Any:
    def get_user(data: dict[str, Any]) -> Any:
        status, headers, body = get(data)
        pool, client = _of_access_token(data.get("AccessToken", ""))
        if status != 200 or pool is None or client is None:  # noqa: PLR2004 - OK
            return status, headers, body
        user, shown = json.loads(body), readable(pool, client)
        user["UserAttributes"] = [one for one in user["UserAttributes"] if one["Name"] in shown]
        return status, headers, json.dumps(user).encode()

    return get_user


def _readable_claims(make: Any) -> Any:
    def make_token(sub: str, pool_id: str, client_id: str, use: str, *args: Any, **kwargs: Any) -> str:
        pool = _COGNITO._user_pools.get(pool_id) or {}
        client = (pool.get("_clients") or {}).get(client_id)
        attributes = kwargs.get("user_attrs")
        if use == "id" and attributes and client is not None:
            shown = readable(pool, client)
            kwargs["user_attrs"] = {name: value for name, value in attributes.items() if name in shown}
        token: str = make(sub, pool_id, client_id, use, *args, **kwargs)
        return token

    return make_token


def _of_access_token(token: str) -> tuple[Pool | None, Client | None]:
    """Give the pool and client that a (checked) access token names."""
    try:
        body = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (IndexError, ValueError):
        return None, None  # ministack refuses it
    pool = _COGNITO._user_pools.get(str(claims.get("iss", "")).rsplit("/", 1)[-1])
    return pool, ((pool or {}).get("_clients") or {}).get(claims.get("client_id"))
