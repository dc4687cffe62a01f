"""What each component takes from elsewhere, as texts."""

from typing import Any

from components.catalog import read_catalog

ALIAS = "arn:p:lambda:r:a:function:f:live"
LAKE: dict[str, Any] = {
    "table_bucket_name": "saas-metering-test",
    "namespace": "metering",
    "tables": [
        {
            "role": "r",
            "name": "t",
            "columns": [{"name": "at", "type": "timestamptz", "required": True}],
            "partition_column": "at",
        }
    ],
}
INGEST: dict[str, Any] = {
    "stream_name": "amazon-apigateway-saas-metering-test",
    "catalog_arn": "arn:p:glue:r:a:catalog/s3tablescatalog/b",
    "database_name": "d",
    "table_name": "t",
    "table_arn": "arn:t",
    "table_bucket_arn": "arn:b",
}
EVENTS_INGEST: dict[str, Any] = {
    **INGEST,
    "stream_name": "saas-metering-test-usage-events",
    "transform_handler": "handlers.transform_events.handler",
    "files": {"catalog.json": read_catalog("catalog.yaml")},
    "producers": [],
}
API: dict[str, Any] = {
    "delivery_stream_arn": "arn:p:firehose:r:a:deliverystream/amazon-apigateway-s",
    "routes": [{"method": "GET", "path": "/a", "function": ALIAS}],
}
BILLING: dict[str, Any] = {
    "lake": {
        "athena_catalog": "s3tablescatalog/b",
        "catalog_arn": "arn:p:glue:r:a:catalog/s3tablescatalog/b",
        "database_name": "d",
        "namespace": "d",
        "link_name": "b_d",
        "table_names": {"api-requests": "t", "tombstones": "v"},
        "table_arns": {"api-requests": "arn:t", "tombstones": "arn:v"},
        "table_bucket_arn": "arn:b",
        "athena_workgroup": "w",
        "athena_workgroup_arn": "arn:w",
        "results_bucket_arn": "arn:r",
    },
    "catalog": read_catalog("catalog.yaml"),
}
CUSTOMER: dict[str, Any] = {
    "lake": BILLING["lake"],
    "billing": {
        "invoices_table_name": "i",
        "invoices_table_arn": "arn:i",
        "invoice_bucket_name": "d",
        "invoice_bucket_arn": "arn:d",
        "usage_table_name": "u",
        "usage_table_arn": "arn:u",
    },
    "events": {"stream_name": "e", "stream_arn": "arn:e"},
    "catalog": BILLING["catalog"],
}
WATCHED_PIPELINE: dict[str, Any] = {
    "stream_name": "s",
    "stream_arn": "arn:p:firehose:r:a:deliverystream/s",
    "stream_log_group_name": "/aws/kinesisfirehose/s",
    "error_bucket_name": "errors",
    "error_bucket_arn": "arn:p:s3:::errors",
    "error_retention_days": 90,
    "transform_function_name": "t",
    "transform_log_group_name": "/aws/lambda/t",
    "transform_timeout_seconds": 60,
}
OPERATIONS: dict[str, Any] = {
    "deployment": "saas-metering-test",
    "lake": BILLING["lake"],
    "tombstones": {
        "catalog_arn": "arn:p:glue:r:a:catalog/s3tablescatalog/b",
        "database_name": "d",
        "table_name": "tombs",
        "table_arn": "arn:tombs",
        "table_bucket_arn": "arn:b",
    },
    "requests": WATCHED_PIPELINE,
    "events": {**WATCHED_PIPELINE, "stream_name": "e", "stream_arn": "arn:p:firehose:r:a:deliverystream/e"},
    "event_intake": {"function_name": "f", "log_group_name": "/aws/lambda/f"},
    "billing": {
        "planner_function_name": "planner",
        "planner_log_group_name": "/aws/lambda/planner",
        "worker_function_name": "worker",
        "rollup_function_name": "rollup",
        "dead_letter_queue_name": "dead",
        "dead_letter_queue_arn": "arn:p:sqs:r:a:dead",
        "reconciliation_table_name": "hours",
        "reconciliation_table_arn": "arn:p:dynamodb:r:a:table/hours",
        "invoices_table_arn": "arn:p:dynamodb:r:a:table/invoices",
        "grace_hours": 72,
    },
    "api": {"api_name": "api", "rest_api_id": "a1", "stage_name": "v1"},
}
FUNCTION: dict[str, Any] = {"handler": "handlers.f.handler"}
