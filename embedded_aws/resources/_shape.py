"""Pulumi's property names and AWS's parameter names, told once and used in both directions."""

from collections.abc import Mapping
from typing import Any, TypeAlias

Shape: TypeAlias = Mapping[str, "str | tuple[str, Shape]"]
"""Pulumi's property -> AWS's parameter, for an object (or a list of them) together with its own shape.

A dot in AWS's name means a level that Pulumi does not have: `"bufferingSize": "BufferingHints.SizeInMBs"`.
"""


class UnconsumedInputError(ValueError):
    """An input that nobody would act upon."""


def to_aws(shape: Shape, value: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Turn Pulumi's properties into AWS's parameters.

    Args:
        shape: what is known.
        value: properties; those that are None count as left out. Numbers arrive as floats from Pulumi's wire format.
        where: type and name of the resource, for the error.

    Raises:
        UnconsumedInputError: a property that the shape does not know, at any level.
    """
    result: dict[str, Any] = {}
    for key, item in value.items():
        if item is None:
            continue
        if key not in shape:
            raise UnconsumedInputError(f"{where}: input {key!r} is not supported by the embedded AWS")
        target = shape[key]
        if isinstance(target, str):
            _put(result, target, _plain(item))
        elif isinstance(item, list):
            _put(result, target[0], [to_aws(target[1], each, f"{where}.{key}") for each in item])
        else:
            _put(result, target[0], to_aws(target[1], item, f"{where}.{key}"))
    return result


def from_aws(shape: Shape, described: Mapping[str, Any]) -> dict[str, Any]:
    """Turn what AWS describes into Pulumi's properties; what AWS leaves out is left out."""
    result = {}
    for key, target in shape.items():
        item = _get(described, target if isinstance(target, str) else target[0])
        if item is None:
            continue
        if isinstance(target, str):
            result[key] = item
        elif isinstance(item, list):
            result[key] = [from_aws(target[1], each) for each in item]
        elif inner := from_aws(target[1], item):
            result[key] = inner
    return result


def _put(result: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for parent in parents:
        result = result.setdefault(parent, {})
    result[last] = value


def _get(described: Mapping[str, Any], path: str) -> Any:
    value: Any = described
    for part in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return value
