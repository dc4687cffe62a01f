"""Where documents and the files of runs stand in the invoice bucket.

Drafts and runs are rewritten and expire; `final/` is written once and kept under retention.
"""

import re
from typing import Literal

from rating.period import Period

Form = Literal["json", "csv", "html"]
FORMS: tuple[Form, ...] = ("json", "csv", "html")
"""The forms of each document; the key of one is the stem, a dot and the form."""

CONTENT_TYPES: dict[Form, str] = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8; header=present",
    "html": "text/html; charset=utf-8",
}

_LONGEST_KEY = 1024
_RESERVED = re.compile(rb"[^A-Za-z0-9_.~-]")


def encode(tenant_id: str) -> str:
    """Return a tenant's id percent-encoded as UTF-8: all but letters, digits, `-`, `.`, `_` and `~`."""
    return _RESERVED.sub(lambda match: b"%%%02X" % match[0][0], tenant_id.encode()).decode()


def draft_stem(period: Period, tenant_id: str) -> str:
    """Return the key, without its form, of a tenant's draft: `draft/period=2026-10/tenant=t-1/invoice`."""
    return _checked(f"draft/period={period}/tenant={encode(tenant_id)}/invoice")


def final_stem(period: Period, tenant_id: str, number: str) -> str:
    """Return the key, without its form, of a final document: `final/period=2026-10/tenant=t-1/INV-2026-000001`.

    Args:
        period: of the invoice; a credit note stands beside its invoice.
        tenant_id: whose it is.
        number: of the document.
    """
    return _checked(f"final/period={period}/tenant={encode(tenant_id)}/{number}")


def document_key(stem: str, form: Form) -> str:
    """Return the key of one form of a document."""
    return f"{stem}.{form}"


def run_input(run_id: str, attempt: str, batch: int) -> str:
    """Return the key of the input of a run's batch."""
    return f"run/{run_id}/{attempt}/input/{batch}.json"


def run_candidate(run_id: str, attempt: str, tenant_id: str) -> str:
    """Return the key of the document that a final run's attempt proposes for a tenant."""
    return _checked(f"run/{run_id}/{attempt}/candidate/{encode(tenant_id)}.json")


def run_issue(run_id: str, attempt: str, batch: int) -> str:
    """Return the key of what a batch of a final run's attempt issues, and under which numbers."""
    return f"run/{run_id}/{attempt}/issue/{batch}.json"


def catalog_key(digest: str) -> str:
    """Return the key of a catalog by its digest."""
    return f"catalog/{digest}.json"


def _checked(key: str) -> str:
    if len(key) + len(".json") > _LONGEST_KEY:
        raise ValueError(
            f"a key of S3 must have {_LONGEST_KEY} bytes at most, got {len(key) + len('.json')}: {key[:80]}…"
        )
    return key
