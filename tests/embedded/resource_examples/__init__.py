"""For every type that can be created: inputs, a change in place, and what it needs around it."""

from tests.embedded.resource_examples import api, compute, storage
from tests.embedded.resource_examples.world import BUCKET, EXAMPLES, TABLE, TABLE_BUCKET, Example, World

__all__ = ["BUCKET", "EXAMPLES", "TABLE", "TABLE_BUCKET", "Example", "World", "api", "compute", "storage"]
