"""What the catalog must know of a table: its columns, what can be done with their types, and whether rows have data."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from rating.exact import show
from rating.form import Form

MEMBER = "member"
"""In the place of a column's type: that of a member of a row's data, whose values are of no one type."""
WHOLE_DIGITS = 15
"""Most digits before the point of a member that is read as a number."""
PLACES = 12
"""Most digits after its point."""

_DATA = "data."
_MEMBER_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
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


class Table(Protocol):
    """A table of records."""

    @property
    def columns(self) -> Sequence[Column]:
        """The columns, in order."""

    @property
    def event_type(self) -> str | None:
        """Column of what kind of event a record is; None if all are of one kind."""

    @property
    def data(self) -> str | None:
        """Column of JSON text with members of a row's own; None if there is none."""


Tables = Mapping[str, Table]
"""Role of a table -> what must be known of it."""


@dataclass(frozen=True)
class Fields:
    """What a meter can read of a table's rows: columns by their names, members of the data as `data.<name>`.

    Without anything in it the table is unknown, of which nothing more needs to be said.
    """

    types: Mapping[str, str] = field(default_factory=dict)
    """Name of a column -> its type."""
    has_data: bool = False
    """Whether rows have data."""

    @classmethod
    def of(cls, table: Table) -> "Fields":
        """Return what can be read of a table."""
        return cls({column.name: column.type for column in table.columns}, table.data is not None)

    def type_of(self, name: Any) -> str | None:
        """Return the type of what a name stands for, `MEMBER` for a member of the data; None if it is nothing."""
        if not isinstance(name, str):
            return None
        if self.has_data and member_of(name):
            return MEMBER
        return self.types.get(name)

    def refused(self, name: Any) -> str:
        """Return what is wrong with a name that stands for nothing."""
        names = [*self.types, *([f"{_DATA}<name>"] if self.has_data else [])]
        rule = f"must be a column of the meter's table ({', '.join(names)}), got {show(name)}"
        if self.has_data and isinstance(name, str) and name.startswith(_DATA):
            return f"{rule}, which after {_DATA} must be a letter or _, then at most 63 of letters, digits and _"
        return rule


def member_of(name: str) -> str | None:
    """Return the name of the member that `data.<name>` stands for; None for a column."""
    member = name.removeprefix(_DATA)
    return member if member != name and _MEMBER_NAME.fullmatch(member) else None


def is_exact_number(column_type: str) -> bool:
    """Tell whether a column's values can be added without losing a digit: binary fractions cannot.

    A member's can: where one is added up, it is read as a decimal or not at all.
    """
    return column_type in _WHOLE or column_type == MEMBER or _DECIMAL.fullmatch(column_type) is not None


def is_discrete(column_type: str) -> bool:
    """Tell whether a column's values can be told apart by their text, so that they can be grouped by."""
    return column_type in _WHOLE or column_type in {"string", "boolean", MEMBER}


def read_column(form: Form, key: str, fields: Fields) -> str | None:
    """Return the name of what a key names; None, reported to the form, if there is nothing of that name in the table.

    Args:
        form: of the meter or filter.
        key: whose value is the name.
        fields: of the meter's table.
    """
    name = form.get(key)
    if fields.type_of(name):
        return str(name)
    if not isinstance(name, str) or fields.types:
        form.refuse(key, fields.refused(name))
    return None
