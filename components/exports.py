"""The stack's exports, which other tools rely on: each is an output of a component."""

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
OPERATIONS = {
    **_named("alarm_topic_arn", "alarm_names", "usage_at_risk_alarm_name", "dashboard_name", "dashboard_url"),
    **_named("reconciler_function_name", "reconciliation_schedule_group_name", "reconciliation_schedule_name"),
    **_named("reconciliation_settings", "actions_table_name", "operator_policy_arn", "operator_role_arn"),
}
OUTPUTS = {
    "lake": LAKE,
    "events": EVENTS,
    "billing": BILLING,
    "requests": REQUESTS,
    "api": API,
    "operations": OPERATIONS,
}
"""Export -> output, of each component of the program; `output.key` is one value of an output that has several."""


def export(**components: pulumi.ComponentResource) -> None:
    """Export the outputs of the program's components that other tools rely on.

    Args:
        components: by the keys of `OUTPUTS`.

    Raises:
        AttributeError: a component has no such output.
    """
    for role, component in components.items():
        for name, output in OUTPUTS[role].items():
            attribute, _, key = output.partition(".")
            value = getattr(component, attribute)
            pulumi.export(name, value[key] if key else value)
