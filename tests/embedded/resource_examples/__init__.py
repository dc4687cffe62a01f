"""For every type that can be created: inputs, a change in place, and what it needs around it."""

from tests.embedded.resource_examples import api, billing, compute, lakes, storage, watching
from tests.embedded.resource_examples.world import BUCKET, EXAMPLES, FUNCTION, TABLE, TABLE_BUCKET, Example, World

__all__ = [
    "BUCKET",
    "EXAMPLES",
    "FUNCTION",
    "TABLE",
    "TABLE_BUCKET",
    "Example",
    "World",
    "api",
    "billing",
    "compute",
    "lakes",
    "storage",
    "watching",
]
