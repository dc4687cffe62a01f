"""The catalog that the repository ships."""

from pathlib import Path
from typing import Any

import yaml

from metering.records import TABLES
from rating.catalog import Catalog, parse_catalog

FILE = Path(__file__).resolve().parents[4] / "catalog.yaml"


def shipped_value() -> Any:
    return yaml.safe_load(FILE.read_text())


def shipped_catalog() -> Catalog:
    return parse_catalog(shipped_value(), TABLES)
