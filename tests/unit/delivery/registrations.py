"""Prints a digest of everything that the program registers, as `up` and its preview must agree on it."""

import hashlib
import sys

import pulumi
from pulumi.dynamic.dynamic import serialize_provider

from tests.golden.regenerate import stack_config
from tests.unit.components.harness import run_main
from tests.unit.delivery.program_kit import dynamic_providers


def text(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{text(item)}" for key, item in sorted(value.items())) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(text, value)) + "]"
    if isinstance(value, pulumi.AssetArchive):
        return text({key: vars(asset) for key, asset in value.assets.items()})
    return repr(value)


def lines() -> list[str]:
    made = run_main(stack_config("Pulumi.dev.yaml"), stack="dev").records
    providers = [f"{name} {serialize_provider(cls())!r}" for name, cls in dynamic_providers().items()]
    return sorted([*(f"{record.typ} {record.name} {text(record.inputs)}" for record in made), *providers])


if __name__ == "__main__":
    sys.stdout.write(hashlib.sha256("\n".join(lines()).encode()).hexdigest())
