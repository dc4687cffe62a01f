"""Pages of a tenant's documents: how many there are on one, and the token of the next.

A token says after which document a page begins, so that documents which come in between move nothing. It is no secret
and grants nothing: whoever makes one up gets another page of their own documents.
"""

import base64
import json
import re
from collections.abc import Iterable
from datetime import date
from hashlib import sha256
from typing import NamedTuple

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 100

PARAMETERS = ("limit", "next")

_LIMIT = re.compile(r"[0-9]{1,3}")
_NUMBER = re.compile(r"([A-Z0-9-]{1,20}-[0-9]{4})-([0-9]{6,20})")
_LONGEST_TOKEN = 256


class PageError(ValueError):
    """A request asks for no page that there can be; the message names the parameter and the rule."""


class Place(NamedTuple):
    """Where a document is among a tenant's: they are ordered by issue date, then by number."""

    issue_date: str
    """ISO text of the day."""
    series: str
    """The number's prefix and year."""
    n: int
    """Its place in the series: as texts, the millionth number of a year would come before the others."""

    @property
    def number(self) -> str:
        """The document's number."""
        return f"{self.series}-{self.n:06}"


def is_number(text: str) -> bool:
    """Tell whether a text has the form of a document's number."""
    return _NUMBER.fullmatch(text) is not None


def place_of(issue_date: str, number: str) -> Place:
    """Return the place of a document.

    Raises:
        ValueError: the number has not the form of one.
    """
    found = _NUMBER.fullmatch(number)
    if not found:
        raise ValueError(f"number of a document must be such as INV-2026-000001, got {number!r}")
    return Place(issue_date, found[1], int(found[2]))


def check_parameters(names: Iterable[str]) -> None:
    """Hold a request to the parameters that there are: one that is misspelt must not silently give all.

    Raises:
        PageError: there is another one.
    """
    for name in names:
        if name not in PARAMETERS:
            raise PageError(f"parameter must be one of {', '.join(PARAMETERS)}, got {name!r:.60}")


def read_limit(text: str | None) -> int:
    """Return how many documents are wanted on a page, `DEFAULT_LIMIT` if nothing is said.

    Raises:
        PageError: it is no number from 1 to `LARGEST_LIMIT`.
    """
    if text is None:
        return DEFAULT_LIMIT
    if not (_LIMIT.fullmatch(text) and 1 <= int(text) <= LARGEST_LIMIT):
        raise PageError(f"limit must be a whole number from 1 to {LARGEST_LIMIT}, got {text!r:.40}")
    return int(text)


def token_after(tenant_id: str, place: Place) -> str:
    """Return the token of the page after a document of a tenant."""
    value = json.dumps([_digest(tenant_id), place.issue_date, place.number], separators=(",", ":"))
    return base64.urlsafe_b64encode(value.encode()).decode().rstrip("=")


def read_token(tenant_id: str, token: str) -> Place:
    """Return the place after which a page begins.

    Raises:
        PageError: the token is none of this tenant's.
    """
    place = _place_in(token)
    if place is None or token_after(tenant_id, place) != token:
        raise PageError("next must be the token that the page before gave to the same tenant")
    return place


def _place_in(token: str) -> Place | None:
    if len(token) > _LONGEST_TOKEN:
        return None
    try:
        _, issue_date, number = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        return place_of(date.fromisoformat(issue_date).isoformat(), number)
    except (ValueError, TypeError):
        return None


def _digest(tenant_id: str) -> str:
    return sha256(tenant_id.encode()).hexdigest()[:16]
