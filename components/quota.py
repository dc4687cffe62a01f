"""What a function needs whose code is wrapped in the guard of `metering.quota`."""

from dataclasses import dataclass
from typing import Any

import pulumi

from components import _iam
from components.usage_billing import UsageBilling


@dataclass(frozen=True)
class QuotaReader:
    """Arguments of `LambdaFunction` that let the guard see what a tenant has used."""

    environment: dict[str, pulumi.Input[str]]
    """Where the guard looks; a function with more variables merges them with these."""
    statements: list[dict[str, Any]]
    """Permission to look there, one item at a time; a function that may do more adds its own."""


def quota_reader(billing: UsageBilling) -> QuotaReader:
    """Return what a function takes whose handler is wrapped in the guard."""
    return QuotaReader(
        environment={"USAGE_TABLE": billing.usage_table_name},
        statements=[dict(_iam.use_items(billing.usage_table_arn, "GetItem"))],
    )
