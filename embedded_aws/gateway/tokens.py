"""How a Cognito authorizer checks tokens: ID tokens only, with keys from within the process, each signature once."""

import functools
import json
from typing import Any

from embedded_aws import hooks

_API = hooks.use(
    "ministack.services.apigateway_v1",
    "_fetch_jwks",
    "_gw_error",
    "_validate_cognito_authorizer",
    "_verify_rs256_signature",
)
_COGNITO = hooks.use("ministack.services.cognito", "_get_pool_unscoped", "well_known_jwks")


def install() -> None:
    """Replace how tokens are checked."""
    _API._validate_cognito_authorizer = _id_tokens_only(_API._validate_cognito_authorizer)
    _API._fetch_jwks = _keys_of_pool
    _API._verify_rs256_signature = _once_per_token(_API._verify_rs256_signature)


def _id_tokens_only(validate: Any) -> Any:
    """Without scopes on the method, a Cognito authorizer takes ID tokens and no access tokens."""

    async def validate_token(authorizer: Any, method: dict[str, Any], *args: Any) -> Any:
        claims, error = await validate(authorizer, method, *args)
        if error is None and not method.get("authorizationScopes") and claims.get("token_use") != "id":
            return None, _API._gw_error("UNAUTHORIZED", "Unauthorized")
        return claims, error

    return validate_token


async def _keys_of_pool(url: str) -> dict[str, Any]:
    """Give a user pool's public keys from within the process: `http://host/{pool}/.well-known/jwks.json`."""
    pool_id = url.split("/")[3]
    if _COGNITO._get_pool_unscoped(pool_id) is None:
        return {"keys": []}
    keys: dict[str, Any] = json.loads(_COGNITO.well_known_jwks(pool_id)[2])
    return keys


def _once_per_token(verify: Any) -> Any:
    """Remember signatures that were checked, as AWS's authorizers remember tokens: it is half of a request's work."""

    @functools.lru_cache(maxsize=4096)
    def verified(token: str, modulus: str, exponent: str) -> bool:
        return bool(verify(token, {"n": modulus, "e": exponent}))

    def verify_signature(token: str, key: dict[str, str]) -> bool:
        return verified(token, key["n"], key["e"])

    return verify_signature
