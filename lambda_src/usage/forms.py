"""Usage as JSON, as it is handed from the planner to the workers; quantities are strings."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rating.bill import Group, Quantity, SegmentUsage
from rating.exact import to_text
from usage.evidence import Evidence
from usage.results import TenantUsage


def usage_to_json(usage: TenantUsage) -> dict[str, Any]:
    """Return a tenant's usage as JSON holds it."""
    return {
        "tenant_id": usage.tenant_id,
        "segments": {str(index): segment_usage_to_json(segment) for index, segment in usage.segments.items()},
        "evidence": {str(index): evidence.to_json() for index, evidence in usage.evidence.items()},
    }


def usage_from_json(value: Mapping[str, Any]) -> TenantUsage:
    """Return what `usage_to_json` made."""
    return TenantUsage(
        value["tenant_id"],
        {int(index): segment_usage_from_json(segment) for index, segment in value["segments"].items()},
        {int(index): Evidence.from_json(evidence) for index, evidence in value["evidence"].items()},
    )


def segment_usage_to_json(usage: SegmentUsage) -> dict[str, Any]:
    """Return the usage of a segment as JSON holds it: `groups_omitted` is there only if there are any."""
    return {
        "rows": usage.rows,
        "quantities": {meter: _quantity_to_json(quantity) for meter, quantity in usage.quantities.items()},
        "groups": {
            meter: [
                {"dimensions": [list(pair) for pair in group.dimensions], **_quantity_to_json(group.quantity)}
                for group in groups
            ]
            for meter, groups in usage.groups.items()
        },
        **({"groups_omitted": dict(usage.groups_omitted)} if usage.groups_omitted else {}),
    }


def segment_usage_from_json(value: Mapping[str, Any]) -> SegmentUsage:
    """Return what `segment_usage_to_json` made."""
    return SegmentUsage(
        value["rows"],
        {meter: _quantity_from_json(quantity) for meter, quantity in value["quantities"].items()},
        {
            meter: tuple(
                Group(tuple((column, text) for column, text in group["dimensions"]), _quantity_from_json(group))
                for group in groups
            )
            for meter, groups in value["groups"].items()
        },
        value.get("groups_omitted", {}),
    )


def _quantity_to_json(quantity: Quantity) -> dict[str, Any]:
    return {"quantity": to_text(quantity.value), "events": quantity.events}


def _quantity_from_json(value: Mapping[str, Any]) -> Quantity:
    return Quantity(Decimal(value["quantity"]), value["events"])
