"""Values on their way between the program and the creators: secrets, unknowns, archives."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pulumi import Archive, Asset
from pulumi.output import Unknown
from pulumi.runtime import rpc

from embedded_aws.engine.archives import asset_bytes, zip_bytes


def unwrap(properties: Mapping[str, Any]) -> tuple[dict[str, Any], frozenset[str]]:
    """Take secrets out of their wrapping.

    Returns:
        The plain properties, and the names of those that held a secret.
    """
    secret = frozenset(key for key, value in properties.items() if rpc.is_rpc_secret(value))
    return {key: _plain(value) for key, value in properties.items()}, secret


def wrap(properties: Mapping[str, Any], secret: frozenset[str]) -> dict[str, Any]:
    """Mark properties as secret again; what is None is left out, as on Pulumi's wire."""
    return {
        key: rpc.wrap_rpc_secret(value) if key in secret else value
        for key, value in properties.items()
        if value is not None
    }


def with_archives(value: Any, folder: Path) -> Any:
    """Replace archives by the bytes of their zip, and assets by their bytes; relative paths start at the folder."""
    if isinstance(value, Archive):
        return zip_bytes(value, folder)
    if isinstance(value, Asset):
        return asset_bytes(value, folder)
    if isinstance(value, dict):
        return {key: with_archives(each, folder) for key, each in value.items()}
    if isinstance(value, list):
        return [with_archives(each, folder) for each in value]
    return value


def has_unknowns(value: Any) -> bool:
    """Tell whether a value, at any depth, is known only after `up`."""
    if isinstance(value, dict):
        return any(has_unknowns(each) for each in value.values())
    if isinstance(value, list):
        return any(has_unknowns(each) for each in value)
    return isinstance(value, Unknown)


def _plain(value: Any) -> Any:
    if rpc.is_rpc_secret(value):
        return _plain(rpc.unwrap_rpc_secret(value))
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value
