"""The catalog: meters and plans as data. `catalog.yaml` at the top of the repository is one, with comments."""

from rating.catalog.catalog import Catalog, canonical_json, digest_of, parse_catalog
from rating.catalog.columns import Column, Table, Tables
from rating.catalog.filters import Filter
from rating.catalog.meters import Meter
from rating.catalog.plans import Plan, PlanPrice, PlanVersion, UsageLimit

__all__ = [
    "Catalog",
    "Column",
    "Filter",
    "Meter",
    "Plan",
    "PlanPrice",
    "PlanVersion",
    "Table",
    "Tables",
    "UsageLimit",
    "canonical_json",
    "digest_of",
    "parse_catalog",
]
