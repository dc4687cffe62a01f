"""Catalogs by their digest: today's, and those whose terms are frozen in earlier bills."""

from typing import Any

from billing.documents import RESTORE, Documents
from invoicing.keys import catalog_key
from metering.records import TABLES
from rating.catalog import Catalog, digest_of, parse_catalog


class CatalogMissingError(RuntimeError):
    """The function that asks for today's catalog was shipped without one."""


class CatalogChangedError(RuntimeError):
    """A kept catalog is not the one that it was; by it nothing is billed or verified."""


class Catalogs:
    """Every catalog that bills were made with, kept in the invoice bucket.

    Args:
        documents: the bucket.
        raw: today's catalog as JSON values; None in a worker, which rates by the catalog that the run began with.
    """

    def __init__(self, documents: Documents, raw: Any = None) -> None:
        self._documents = documents
        self._today = None if raw is None else _parse(raw)
        self._known = {self._today.digest: self._today} if self._today else {}

    @property
    def today(self) -> Catalog:
        """The catalog that the function was shipped with.

        Raises:
            CatalogMissingError: there is none.
        """
        if self._today is None:
            raise CatalogMissingError("today's catalog must be in the function's zip, as catalog.json")
        return self._today

    def keep_today(self) -> None:
        """Put today's catalog into the bucket unless it is there."""
        self._documents.write_once(catalog_key(self.today.digest), self.today.raw)

    def get(self, digest: str) -> Catalog:
        """Return the catalog of a digest.

        Raises:
            MissingObjectError: it is not in the bucket.
            CatalogChangedError: what is there in its place is another one.
        """
        if digest not in self._known:
            raw = self._documents.read_json(catalog_key(digest))
            if (found := digest_of(raw)) != digest:
                place = self._documents.place(catalog_key(digest))
                raise CatalogChangedError(f"{place}: must have the digest in its name, has {found}; {RESTORE}")
            self._known[digest] = _parse(raw)
        return self._known[digest]


def _parse(raw: Any) -> Catalog:
    return parse_catalog(raw, TABLES)
