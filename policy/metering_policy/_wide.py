"""Which resources of a policy are more than one thing and what is inside of it."""

_PARTS = 6
"""Of an ARN: arn, partition, service, Region, account, resource."""


def is_wide(resource: str) -> bool:
    """Whether a resource of a policy is more than one thing with its inside.

    A bucket's objects, below a prefix or not, a log group's streams and a DynamoDB table's indexes are inside of one
    thing. `*` is everything, and so is a `*` in place of an account, a type or a name.
    """
    if not _has_wildcard(resource):
        return False
    parts = resource.split(":", _PARTS - 1)
    if len(parts) < _PARTS or _has_wildcard(":".join(parts[:-1])):
        return True
    service, inside = parts[2], parts[-1]
    match service:
        case "s3":
            one = inside.removesuffix("*")
            return one.startswith("/") or not one.endswith("/") or _has_wildcard(one)
        case "logs":
            one = inside.removesuffix(":*")
            return ":" not in one.rstrip(":") or _has_wildcard(one)
        case "dynamodb":
            one = inside.removesuffix("/index/*")
            return "/" not in one.rstrip("/") or _has_wildcard(one)
    return True


def _has_wildcard(text: str) -> bool:
    return "*" in text or "?" in text
