"""Finds nested keys that a resource does not know: Pulumi's SDK hands them on silently, and the provider drops them."""

import collections.abc
import importlib
import typing
from typing import Any

from pulumi import _types

from tests.unit.components.harness import Record

PACKAGES = {"aws": "pulumi_aws", "aws-native": "pulumi_aws_native"}
MODULES = {"lambda": "lambda_"}


def unknown_keys(record: Record) -> list[str]:
    """Return the path of every nested key that the resource's type does not have."""
    package = record.typ.split(":")[0]
    if package not in PACKAGES:
        return []
    return list(_unknown(_args_class(record.typ), record.inputs, f"{record.typ} {record.name}"))


def _args_class(token: str) -> Any:
    package, path, name = token.split(":")
    folder = path.split("/")[0]
    resource = getattr(importlib.import_module(f"{PACKAGES[package]}.{MODULES.get(folder, folder)}"), name)
    module = importlib.import_module(resource.__module__)
    return getattr(module, f"{name}InitArgs", None) or getattr(module, f"{name}Args")


def _unknown(expected: Any, value: Any, path: str) -> collections.abc.Iterator[str]:
    expected = _types.unwrap_type(expected)
    origin, inner = typing.get_origin(expected), typing.get_args(expected)
    if isinstance(expected, type) and _types.is_input_type(expected) and isinstance(value, dict):
        known = _types.input_type_types(expected)
        for key, item in value.items():
            if key in known:
                yield from _unknown(known[key], item, f"{path}.{key}")
            else:
                yield f"{path}.{key}"
    elif origin in (list, collections.abc.Sequence) and isinstance(value, list):
        for number, item in enumerate(value):
            yield from _unknown(inner[0], item, f"{path}[{number}]")
    elif origin in (dict, collections.abc.Mapping) and isinstance(value, dict):
        for key, item in value.items():
            yield from _unknown(inner[1], item, f"{path}.{key}")
    elif isinstance(value, dict) and origin is not typing.Union:
        yield path  # an object where the argument's type has none
