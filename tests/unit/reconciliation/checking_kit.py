"""What the tests of the reconciler's runs have in common."""

import pytest

from tests.unit.reconciliation.world import EVENTS, REQUESTS

ZEROS = ["duplicates", "failed", "replayed", "source_failed", "shifted", "source_shifted", "unreadable"]
"""Figures that are zero where all is well."""
ROLES = pytest.mark.parametrize("role", [REQUESTS, EVENTS])
