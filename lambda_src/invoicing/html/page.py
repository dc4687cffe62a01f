"""The page: letterhead, parties, facts, lines, totals, notes."""

from collections.abc import Mapping
from html import escape
from typing import Any


def to_html(document: Mapping[str, Any]) -> bytes:
    """Return a document as a page of HTML 5, UTF-8."""
    rows = "".join(
        f"<tr><td>{escape(line['description'])}</td><td>{line['amount']}</td></tr>" for line in document["lines"]
    )
    title = escape(f"{document['kind']} {document['number']}")
    return f"<!doctype html><title>{title}</title><table>{rows}</table><p>{document['total']}".encode()
