"""What the catalog must know of a table's columns: their names, and what can be done with their types."""

import re
from collections.abc import Mapping, Sequence
from typing import Protocol

from rating.exact import show
from rating.form import Form

_WHOLE = {"int", "long"}
_DECIMAL = re.compile(r"decimal\([0-9]+, ?[0-9]+\)")


class Column(Protocol):
    """A column of a table of records."""

    @property
    def name(self) -> str:
        """Name in the table."""

    @property
    def type(self) -> str:
        """Iceberg primitive type, e.g. `string`, `long`, `boolean`, `timestamptz`."""


Tables = Mapping[str, Sequence[Column]]
"""Role of a table -> its columns."""
Types = Mapping[str, str]
"""Name of a column -> its type."""


def is_exact_number(column_type: str) -> bool:
    """Tell whether a column's values can be added without losing a digit: binary fractions cannot."""
    return column_type in _WHOLE or _DECIMAL.fullmatch(column_type) is not None


def is_discrete(column_type: str) -> bool:
    """Tell whether a column's values can be told apart by their text, so that they can be grouped by."""
    return column_type in _WHOLE or column_type in {"string", "boolean"}


def read_column(form: Form, key: str, types: Types) -> str | None:
    """Return the name of the column that a key names; None, reported to the form, if the table has none of that name.

    Args:
        form: of the meter or filter.
        key: whose value is the column's name.
        types: columns of the meter's table; empty if the table is unknown, of which nothing more needs to be said.
    """
    name = form.get(key)
    if isinstance(name, str) and name in types:
        return name
    if not isinstance(name, str) or types:
        form.refuse(key, f"must be a column of the meter's table ({', '.join(types)}), got {show(name)}")
    return None
