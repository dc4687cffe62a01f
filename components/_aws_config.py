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
    "ec2MetadataServiceEndpoint": "set the environment variable AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "sharedConfigFiles": "set the environment variable AWS_CONFIG_FILE",
    "sharedCredentialsFiles": "set the environment variable AWS_SHARED_CREDENTIALS_FILE",
}
"""`aws:` keys that the aws-native provider does not follow, and what has the same effect on all of them."""

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
        ValueError: a value has not its key's shape, or the role is not one that every provider can assume.
    """
    return AwsConfig(
        region=get("region"),
        profile=get("profile"),
        access_key=get("accessKey"),
        secret_key=get("secretKey"),
        token=get("token"),
        role=_role(get("assumeRoles")),
        allowed_account_ids=_account_ids(get("allowedAccountIds")),
        forbidden_account_ids=_account_ids(get("forbiddenAccountIds")),
        default_tags=_default_tags(get("defaultTags")),
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
    for name, read in _STRUCTURED.items():
        try:
            read(get(name))
        except ValueError as error:
            errors.append(f"aws:{name}: {error}")
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
    """Return what JSON text stands for; None for what is not set."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError(f"must be JSON, got {value!r}") from None


def _role(value: Any) -> Mapping[str, Any] | None:
    roles = _parsed(value)
    if not roles:
        return None
    if not isinstance(roles, list) or len(roles) > 1:
        raise ValueError(f"must be a list of one role, the aws-native provider assumes no chain, got {roles!r}")
    role: dict[str, Any] = roles[0]
    unknown = sorted(set(role) - set(ROLE_KEYS)) if isinstance(role, dict) else [role]
    if unknown or "roleArn" not in role:
        raise ValueError(f"must have roleArn and may have {', '.join(ROLE_KEYS)}, got {role!r}")
    if "duration" in role:
        seconds(str(role["duration"]))
    return role


def _account_ids(value: Any) -> tuple[str, ...]:
    ids = _parsed(value) or []
    # `pulumi config set --path` makes numbers of what looks like one.
    if not isinstance(ids, list) or not all(re.fullmatch(r"[0-9]+", str(one)) for one in ids):
        raise ValueError(f"must be a list of account ids, got {ids!r}")
    return tuple(map(str, ids))


def _default_tags(value: Any) -> Mapping[str, str]:
    defaults = _parsed(value) or {}
    tags = defaults.get("tags") or {} if isinstance(defaults, dict) else None
    if not isinstance(tags, dict) or any(isinstance(tag, (dict, list)) for tag in tags.values()):
        raise ValueError(f"must have `tags`, a text by each name, got {defaults!r}")
    return {name: tag if isinstance(tag, str) else json.dumps(tag) for name, tag in tags.items()}


_STRUCTURED: Mapping[str, Callable[[Any], object]] = {
    "assumeRoles": _role,
    "allowedAccountIds": _account_ids,
    "forbiddenAccountIds": _account_ids,
    "defaultTags": _default_tags,
}
"""`aws:` keys whose values have a shape, each with its reader."""
