"""Who the program acts as: the `aws` configuration, for the providers that do not read it themselves.

pulumi-aws reads its configuration itself. The aws-native provider and the dynamic providers do not, so both are given
what is read here. What is not set comes from the default chain (environment, shared files) in all three.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

ROLE_KEYS = ("duration", "externalId", "policy", "policyArns", "roleArn", "sessionName", "tags", "transitiveTagKeys")
"""Keys of `aws:assumeRoles[0]` that every provider can follow."""

_OTHERWISE = {
    "assumeRoleWithWebIdentity": "set the environment variables AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE",
    "sharedConfigFiles": "set the environment variable AWS_CONFIG_FILE",
    "sharedCredentialsFiles": "set the environment variable AWS_SHARED_CREDENTIALS_FILE",
}
"""`aws:` keys that the aws-native provider has no like of, and what has the same effect on every provider."""

_NATIVE_COUNTERPARTS = {"assumeRole": "assumeRoles", "sharedCredentialsFile": "sharedCredentialsFiles"}


@dataclass(frozen=True)
class AwsConfig:
    """Credentials and account of the `aws` configuration; None or empty: not set, so the default chain decides."""

    region: str | None
    profile: str | None
    access_key: str | None
    secret_key: str | None
    token: str | None
    role: Mapping[str, Any] | None
    """The role to assume, by the keys of `ROLE_KEYS`."""
    allowed_account_ids: tuple[str, ...]
    forbidden_account_ids: tuple[str, ...]
    default_tags: Mapping[str, str]
    """Tags of everything that a provider makes."""


def read_aws_config(get: Callable[[str], Any]) -> AwsConfig:
    """Read the configuration.

    Args:
        get: returns the value of a key of the namespace `aws`, as text or JSON text; None if it is not set.

    Raises:
        ValueError: the role to assume is not one that every provider can assume.
    """
    return AwsConfig(
        region=get("region"),
        profile=get("profile"),
        access_key=get("accessKey"),
        secret_key=get("secretKey"),
        token=get("token"),
        role=_role(_parsed(get("assumeRoles"))),
        allowed_account_ids=tuple(_parsed(get("allowedAccountIds")) or ()),
        forbidden_account_ids=tuple(_parsed(get("forbiddenAccountIds")) or ()),
        default_tags=(_parsed(get("defaultTags")) or {}).get("tags") or {},
    )


def identity_errors(get: Callable[[str], Any], keys: list[str]) -> list[str]:
    """Return one line per key that would let the providers act as different identities.

    Args:
        get: as of `read_aws_config`.
        keys: all configured keys, with their namespaces.
    """
    errors = [
        f"{key}: the aws-native provider cannot follow it, {_OTHERWISE[key.removeprefix('aws:')]} instead"
        for key in keys
        if key.startswith("aws:") and key.removeprefix("aws:") in _OTHERWISE
    ]
    for key in keys:
        namespace, _, name = key.partition(":")
        if namespace == "aws-native":
            aws_key = f"aws:{_NATIVE_COUNTERPARTS.get(name, name)}"
            errors.append(f"{key}: both providers follow the `aws` configuration, set {aws_key} instead")
    try:
        read_aws_config(get)
    except ValueError as error:
        errors.append(f"aws:assumeRoles: {error}")
    return errors


def seconds(duration: str) -> int:
    """Return the seconds of a duration such as `1h30m`, the notation of `aws:assumeRoles`.

    Raises:
        ValueError: it is none.
    """
    match = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", duration)
    if not duration or match is None:
        raise ValueError(f"duration must be hours, minutes and seconds such as 1h30m, got {duration!r}")
    hours, minutes, rest = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + rest


def _parsed(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _role(roles: Any) -> Mapping[str, Any] | None:
    if not roles:
        return None
    if not isinstance(roles, list) or len(roles) > 1:
        raise ValueError(f"must be a list of one role, the aws-native provider assumes no chain, got {roles!r}")
    role: dict[str, Any] = roles[0]
    unknown = sorted(set(role) - set(ROLE_KEYS))
    if unknown or "roleArn" not in role:
        raise ValueError(f"must have roleArn and may have {', '.join(ROLE_KEYS)}, got {role!r}")
    if "duration" in role:
        seconds(role["duration"])
    return role
