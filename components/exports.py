"""The stack's exports, which other tools rely on: each is an output of a component."""

from collections.abc import Mapping

import pulumi

from components.records import API_REQUESTS, TOMBSTONES, USAGE_EVENTS


def _named(*names: str, prefix: str = "") -> dict[str, str]:
    return {prefix + name: name for name in names}


LAKE = {
    **_named("table_bucket_arn", "table_bucket_name", "namespace", "catalog_id"),
    **_named("athena_catalog", "database_name", "athena_workgroup"),
    "table_name": f"table_names.{API_REQUESTS}",
    "table_arn": f"table_arns.{API_REQUESTS}",
    "usage_events_table_name": f"table_names.{USAGE_EVENTS}",
    "usage_events_table_arn": f"table_arns.{USAGE_EVENTS}",
    "tombstones_table_name": f"table_names.{TOMBSTONES}",
    "tombstones_table_arn": f"table_arns.{TOMBSTONES}",
}
REQUESTS = _named("delivery_stream_name", "delivery_stream_arn", "transform_function_name", "error_bucket_name")
EVENTS = {
    "usage_events_stream_name": "delivery_stream_name",
    "usage_events_stream_arn": "delivery_stream_arn",
    **_named("transform_function_name", "error_bucket_name", "producer_role_arn", prefix="usage_events_"),
}
BILLING = {
    **_named("invoice_bucket_name", "subscriptions_table_name", "invoices_table_name"),
    **_named("reconciliation_table_name", "usage_table_name"),
    **_named(
        *("planner_function_name", "worker_function_name", "rollup_function_name"),
        *("queue_name", "dead_letter_queue_name", "dead_letter_queue_url"),
        *("schedule_group_name", "schedule_name", "rollup_schedule_name", "settings"),
        prefix="billing_",
    ),
}
API = {
    "rest_api_url": "url",
    **_named("rest_api_id", "stage_name", "access_log_format", "user_pool_id", "user_pool_client_id"),
}
"""Export -> output, of each component of the program; `output.key` is one value of an output that has several."""


def export(component: pulumi.ComponentResource, outputs: Mapping[str, str]) -> None:
    """Export outputs of a component.

    Args:
        component: whose outputs they are.
        outputs: the outputs by the names of their exports.

    Raises:
        AttributeError: the component has no such output.
    """
    for name, output in outputs.items():
        attribute, _, key = output.partition(".")
        value = getattr(component, attribute)
        pulumi.export(name, value[key] if key else value)
