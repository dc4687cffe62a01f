"""What API Gateway's resources share: patches, and finding the API that a bare id belongs to."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from embedded_aws.resources._aws import retag

GONE = "NotFoundException"


def text(value: Any) -> str:
    """Write a value as a patch operation has it: all are strings."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def patch(olds: Mapping[str, Any], news: Mapping[str, Any], paths: Mapping[str, str]) -> list[dict[str, str]]:
    """Give the operations that bring plain properties from what they were to what they shall be.

    Args:
        olds: outputs of the last create or update.
        news: inputs now; None or absent means that the property is taken out.
        paths: property -> path of its patch.
    """
    operations = []
    for key, path in paths.items():
        before, wanted = olds.get(key), news.get(key)
        if wanted is not None and wanted != before:
            operations.append({"op": "replace", "path": path, "value": text(wanted)})
        elif wanted is None and before not in (None, "", [], {}):
            operations.append({"op": "replace", "path": path, "value": ""})
    return operations


def patch_map(before: Mapping[str, Any], wanted: Mapping[str, Any], path: str) -> list[dict[str, str]]:
    """Give the operations for a map below `path`, entry by entry."""
    operations = [{"op": "remove", "path": f"{path}/{_token(key)}"} for key in sorted(set(before) - set(wanted))]
    return operations + [
        {"op": "replace" if key in before else "add", "path": f"{path}/{_token(key)}", "value": text(value)}
        for key, value in wanted.items()
        if before.get(key) != value
    ]


def patch_list(before: Iterable[str], wanted: Iterable[str], path: str) -> list[dict[str, str]]:
    """Give the operations for a list that API Gateway changes entry by entry."""
    old, new = list(before), list(wanted)
    added = [{"op": "add", "path": path, "value": entry} for entry in new if entry not in old]
    return added + [{"op": "remove", "path": path, "value": entry} for entry in old if entry not in new]


def apis(gateway: Any) -> Iterator[str]:
    """Yield the ids of all REST APIs."""
    for page in gateway.get_paginator("get_rest_apis").paginate():
        for api in page["items"]:
            yield api["id"]


def retag_with(gateway: Any, olds: Mapping[str, Any], news: Mapping[str, Any]) -> None:
    """Bring the tags of something with an ARN from what they were to what they shall be."""
    retag(
        olds,
        news.get("tags") or {},
        lambda changed: gateway.tag_resource(resourceArn=olds["arn"], tags=changed),
        lambda gone: gateway.untag_resource(resourceArn=olds["arn"], tagKeys=gone),
    )


def _token(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
