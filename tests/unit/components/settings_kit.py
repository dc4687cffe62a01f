"""Reads a stack's configuration as the program does."""

import pulumi
import pytest

from components import Settings, read_settings
from tests.unit.components.harness import PROJECT, deploy


def read(config: dict[str, str], stack: str = "test") -> Settings:
    """Return the settings; keys without a namespace are the project's."""
    found: list[Settings] = []
    qualified = {key if ":" in key else f"{PROJECT}:{key}": value for key, value in config.items()}
    deploy(lambda: found.append(read_settings()), config=qualified, stack=stack)
    return found[0]


def errors(config: dict[str, str], stack: str = "test") -> list[str]:
    """Return the faults, a line each."""
    with pytest.raises(pulumi.RunError) as raised:
        read(config, stack)
    first, *lines = str(raised.value).splitlines()
    assert first == "the stack's configuration is wrong:"
    return [line.strip() for line in lines]
