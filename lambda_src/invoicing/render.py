"""The forms in which a document is kept: JSON for machines, CSV for spreadsheets, HTML for people and paper."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from invoicing.html import to_html
from invoicing.keys import Form
from invoicing.sheet import to_csv

__all__ = ["RENDERERS", "to_csv", "to_html", "to_json"]


def to_json(document: Mapping[str, Any]) -> bytes:
    """Return the one JSON text of a document: keys sorted, no blanks, UTF-8; what it parses to gives it again."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


RENDERERS: Mapping[Form, Callable[[Mapping[str, Any]], bytes]] = {"json": to_json, "csv": to_csv, "html": to_html}
"""Form of a document -> what makes it."""
