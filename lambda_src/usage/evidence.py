"""Evidence: which rows a bill rests on, so that anyone can count and compare them again.

The digest is the sum of the SHA-256 of all keys, modulo 2^256: it is the same in whatever order the keys are added,
and digests of disjoint sets of rows add up. Athena adds the hashes in parts that fit a bigint, with Trino's functions
`to_utf8`, `sha256`, `to_hex`, `substr`, `from_base`, `length` and `concat`; `digest_of` says the same in Python.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any, Self

from usage import sql
from usage.failure import ResultError

HEX_DIGITS = 64
PARTS: tuple[tuple[int, int], ...] = ((1, 4), (5, 15), (20, 15), (35, 15), (50, 15))
"""Parts of a hash: first hexadecimal digit, counted from 1, and number of digits; 15 of them are 60 bits."""

_MODULUS = 16**HEX_DIGITS
_DIGEST = re.compile(f"[0-9a-f]{{{HEX_DIGITS}}}")


@dataclass(frozen=True)
class Evidence:
    """The rows of a tenant that were counted, each once however often it was delivered."""

    rows_per_day: Mapping[date, int]
    """UTC day -> number of rows; days without rows are left out."""
    digest: str
    """Sum of the hashes of the rows' keys, 64 hexadecimal digits."""
    differing: int = 0
    """Number of the rows that were delivered again with something else in them: whoever sent them should look."""

    @property
    def rows(self) -> int:
        """Number of rows."""
        return sum(self.rows_per_day.values())

    @classmethod
    def total(cls, evidences: Iterable[Self]) -> Self:
        """Return the evidence of rows that are given in disjoint sets."""
        per_day: Counter[date] = Counter()
        digest = differing = 0
        for evidence in evidences:
            per_day.update(evidence.rows_per_day)
            digest += int(evidence.digest, 16)
            differing += evidence.differing
        return cls(dict(sorted(per_day.items())), _text(digest), differing)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON holds it: `differing_duplicates` is there only if there are any."""
        return {
            "rows_per_day": {day.isoformat(): rows for day, rows in sorted(self.rows_per_day.items())},
            "digest": self.digest,
            **({"differing_duplicates": self.differing} if self.differing else {}),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Return what `to_json` made.

        Raises:
            ResultError: the digest is none.
        """
        digest = str(value["digest"])
        if not _DIGEST.fullmatch(digest):
            raise ResultError(f"digest must be {HEX_DIGITS} hexadecimal digits, got {digest!r}")
        rows_per_day = {date.fromisoformat(day): int(rows) for day, rows in value["rows_per_day"].items()}
        return cls(rows_per_day, digest, int(value.get("differing_duplicates", 0)))


def digest_of(keys: Iterable[Sequence[str]]) -> str:
    """Return the digest of rows.

    Args:
        keys: of each row the values of its table's key columns, in order.
    """
    return _text(sum(int.from_bytes(sha256(key_text(key).encode()).digest()) for key in keys))


def key_text(key: Sequence[str]) -> str:
    """Return what is hashed of a key: each value after its length, so that no two keys have the same text."""
    return "".join(f"{len(value)}:{value}" for value in key)


def key_hash(key: Sequence[str]) -> str:
    """Return a key's hash as Athena's `to_hex` writes it, in upper-case hexadecimal digits."""
    return sha256(key_text(key).encode()).hexdigest().upper()


def key_hash_sql(columns: Iterable[str]) -> str:
    """Return the SQL expression of a key's hash, in hexadecimal digits."""
    written = [part for name in sql.identifiers(columns) for part in (f"CAST(length({name}) AS varchar)", "':'", name)]
    return f"to_hex(sha256(to_utf8(concat({', '.join(written)}))))"


def part_sums_sql(hash_column: str) -> list[str]:
    """Return the SQL aggregates, texts, that add up a column of hashes part by part."""
    return [
        f"CAST(sum(CAST(from_base(substr({hash_column}, {first}, {digits}), 16) AS decimal(38, 0))) AS varchar)"
        for first, digits in PARTS
    ]


def digest_from_sums(sums: Sequence[int]) -> str:
    """Return the digest that the sums of all parts, in their order, make."""
    pairs = zip(PARTS, sums, strict=True)
    return _text(sum(part_sum << 4 * (HEX_DIGITS + 1 - first - digits) for (first, digits), part_sum in pairs))


def _text(number: int) -> str:
    return f"{number % _MODULUS:0{HEX_DIGITS}x}"
