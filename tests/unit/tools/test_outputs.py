import json
from pathlib import Path

import pytest

from tools.outputs import OutputsError, StackOutputs

VALUES = {
    "rest_api_url": "https://a1.execute-api.eu-west-1.amazonaws.com/prod",
    "user_pool_id": "eu-west-1_x",
    "user_pool_client_id": "client",
    "delivery_stream_name": "amazon-apigateway-x",
    "transform_function_name": "transform",
    "error_bucket_name": "errors",
    "table_bucket_arn": "arn:aws:s3tables:eu-west-1:123456789012:bucket/lake",
    "namespace": "metering",
    "table_name": "requests",
    "usage_events_table_name": "events",
    "tombstones_table_name": "tombstones",
    "usage_events_stream_name": "events-stream",
    "usage_events_error_bucket_name": "events-errors",
    "usage_events_transform_function_name": "events-transform",
    "usage_events_producer_role_arn": "arn:aws:iam::123456789012:role/producer",
    "athena_catalog": "s3tablescatalog/lake",
    "athena_workgroup": "wg",
    "database_name": "metering",
    "subscriptions_table_name": "subscriptions",
    "invoices_table_name": "invoices",
    "reconciliation_table_name": "reconciliation",
    "usage_table_name": "usage",
    "invoice_bucket_name": "documents",
    "billing_planner_function_name": "planner",
    "billing_rollup_function_name": "rollup",
    "billing_queue_name": "tasks",
    "billing_dead_letter_queue_url": "https://sqs.eu-west-1.amazonaws.com/123456789012/dead",
    "billing_schedule_group_name": "schedules",
    "billing_schedule_name": "daily",
    "billing_rollup_schedule_name": "hourly",
    "billing_settings": "{}",
    "tombstones_table_arn": "arn:aws:s3tables:eu-west-1:123456789012:bucket/lake/table/tombstones",
    "alarm_topic_arn": "arn:aws:sns:eu-west-1:123456789012:alarms",
    "usage_at_risk_alarm_name": "x-usage-data-at-risk",
    "dashboard_name": "x",
    "dashboard_url": "https://eu-west-1.console.aws.amazon.com/cloudwatch/home",
    "reconciler_function_name": "reconciler",
    "reconciliation_schedule_group_name": "operations",
    "reconciliation_schedule_name": "reconciliation",
    "reconciliation_settings": "{}",
    "actions_table_name": "actions",
    "operator_policy_arn": "arn:aws:iam::123456789012:policy/operator",
    "operator_role_arn": "arn:aws:iam::123456789012:role/operator",
    "portal_url": "https://a1.execute-api.eu-west-1.amazonaws.com/prod/portal",
}


def test_outputs_come_from_a_file_and_others_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "outputs.json"
    path.write_text(json.dumps({**VALUES, "stage_name": "prod", "endpoint_url": "http://127.0.0.1:1"}))
    outputs = StackOutputs.from_file(path)
    assert outputs == StackOutputs(**VALUES, endpoint_url="http://127.0.0.1:1")
    assert (outputs.region, outputs.table) == ("eu-west-1", '"s3tablescatalog/lake"."metering"."requests"')
    assert outputs.tombstones_table == '"s3tablescatalog/lake"."metering"."tombstones"'
    assert outputs.events_table == '"s3tablescatalog/lake"."metering"."events"'


def test_tables_are_named_by_the_resource_link_where_lake_formation_decides() -> None:
    outputs = StackOutputs.of({**VALUES, "athena_catalog": "AwsDataCatalog", "database_name": "lake_metering"})
    assert (outputs.table, outputs.tombstones_table, outputs.events_table) == (
        '"AwsDataCatalog"."lake_metering"."requests"',
        '"AwsDataCatalog"."lake_metering"."tombstones"',
        '"AwsDataCatalog"."lake_metering"."events"',
    )


def test_a_stack_from_before_billing_is_told_to_be_brought_up_to_date() -> None:
    old = {name: value for name, value in VALUES.items() if "billing" not in name and "table_name" not in name}
    message = (
        "^stack outputs without a text value: actions_table_name, "
        "billing_dead_letter_queue_url, billing_planner_function_name, "
        "billing_queue_name, billing_rollup_function_name, billing_rollup_schedule_name, billing_schedule_group_name, "
        "billing_schedule_name, billing_settings, invoices_table_name, reconciliation_table_name, "
        "subscriptions_table_name, table_name, tombstones_table_name, "
        "usage_events_table_name, usage_table_name; is the stack up to date[?]$"
    )
    with pytest.raises(OutputsError, match=message):
        StackOutputs.of(old)


def test_a_local_stacks_session_reaches_its_endpoint_only() -> None:
    outputs = StackOutputs(**VALUES, endpoint_url="http://127.0.0.1:1")
    assert outputs.session().client("sts").meta.endpoint_url == "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("{", "Expecting property name", id="no JSON"),
        pytest.param("[]", "a JSON object is needed, got list", id="no object"),
        pytest.param(
            json.dumps({**VALUES, "namespace": None, "rest_api_url": 1}),
            "stack outputs without a text value: namespace, rest_api_url",
            id="values missing",
        ),
    ],
)
def test_a_bad_file_is_told_apart(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "outputs.json"
    path.write_text(text)
    with pytest.raises(OutputsError, match=message):
        StackOutputs.from_file(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputsError, match=r"none\.json"):
        StackOutputs.from_file(tmp_path / "none.json")


def test_without_pulumis_cli_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(
        OutputsError, match="pulumi is not on the PATH; install it, or name a file by OUTPUTS= or --outputs"
    ):
        StackOutputs.from_stack("dev")


def test_the_clis_answer_is_taken_and_its_refusal_handed_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cli = tmp_path / "pulumi"
    cli.write_text(
        f"#!/bin/sh\n[ \"$6\" = dev ] && echo '{json.dumps(VALUES)}' || {{ echo no stack named $6 >&2; exit 1; }}\n"
    )
    cli.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert StackOutputs.from_stack("dev") == StackOutputs(**VALUES)
    with pytest.raises(OutputsError, match="no stack named prod"):
        StackOutputs.from_stack("prod")
