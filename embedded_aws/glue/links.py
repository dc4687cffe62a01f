"""Databases of the account's own catalog, and resource links among them: names for databases elsewhere.

ministack keeps databases, and drops what makes one a link.
"""

from typing import Any

from embedded_aws import hooks
from embedded_aws.glue.catalogs import CatalogId, GlueError

Answer = tuple[int, dict[str, str], bytes]

_GLUE = hooks.use("ministack.services.glue", "_create_database", "_databases", "_update_database")
_OK = 200
_KEPT = ("TargetDatabase", "CreateTableDefaultPermissions")
"""What ministack drops of a DatabaseInput."""


def install() -> None:
    """Let CreateDatabase and UpdateDatabase keep all that they are given."""
    create, update = _GLUE._create_database, _GLUE._update_database

    def create_database(data: dict[str, Any]) -> Answer:
        answer: Answer = create(data)
        if answer[0] == _OK:
            _keep(data["DatabaseInput"]["Name"], data["DatabaseInput"])
        return answer

    def update_database(data: dict[str, Any]) -> Answer:
        given = data["DatabaseInput"]
        # What is left out goes; ministack would leave it as it was.
        answer: Answer = update({**data, "DatabaseInput": {"Description": "", "Parameters": {}, **given}})
        if answer[0] == _OK:
            _keep(data["Name"], given)
        return answer

    _GLUE._create_database, _GLUE._update_database = create_database, update_database


def get(name: str) -> dict[str, Any]:
    """Give a database of the account's own catalog as GetDatabase shows it.

    Raises:
        GlueError: there is none of that name.
    """
    found: dict[str, Any] | None = _GLUE._databases.get(name)
    if found is None:
        raise GlueError("EntityNotFoundException", f"Database {name} not found.")
    return found


def every() -> list[dict[str, Any]]:
    """Give all databases of the account's own catalog."""
    return list(_GLUE._databases.values())


def target(name: str) -> tuple[CatalogId, str] | None:
    """Give the catalog and the database that a link is a name for; None for what is no link, or not there."""
    link = (_GLUE._databases.get(name) or {}).get("TargetDatabase")
    return (CatalogId.parse(link.get("CatalogId")), str(link["DatabaseName"])) if link else None


def _keep(name: str, given: dict[str, Any]) -> None:
    database = _GLUE._databases[name]
    for key in _KEPT:
        database.pop(key, None)
        if given.get(key) is not None:
            database[key] = given[key]
