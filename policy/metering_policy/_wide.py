"""Which resources of a policy are more than one thing and what is inside of it."""

import re

_PARTS = 6
"""Of an ARN: arn, partition, service, Region, account, resource."""
_INSIDE = {
    "dynamodb": r"table/[^/*?]+/index/\*",
    "glue": r"table/[^/*?]+/\*",
    "logs": r"[^:*?]+:[^:*?][^*?]*:\*",
    "s3": r"[^/*?]+/([^*?]+/)?\*",
}
"""By service, how resources look that are inside of one table, database, log group or bucket."""


def is_wide(resource: str) -> bool:
    """Whether a resource of a policy is more than one thing with its inside.

    A bucket's objects, below a prefix or not, a log group's streams, a Glue database's tables and a DynamoDB table's
    indexes are inside of one thing. `*` is everything, and so is a `*` in place of an account, a type or a name.
    """
    if not _has_wildcard(resource):
        return False
    *place, inside = resource.split(":", _PARTS - 1)
    if len(place) < _PARTS - 1 or _has_wildcard(":".join(place)):
        return True
    return not re.fullmatch(_INSIDE.get(place[2], "(?!)"), inside)


def _has_wildcard(text: str) -> bool:
    return "*" in text or "?" in text
