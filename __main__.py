"""Usage metering and billing for a SaaS API on AWS: every request becomes a row, every row can be billed."""

import pulumi

import components

settings = components.read_settings()
lake = components.StorageLake(
    "lake",
    {"tables": [components.api_requests_table(settings.table_name)], **settings.lake},
    pulumi.ResourceOptions(providers=[components.aws_native_provider("aws-native")]),
)
# The product behind the API: put your own functions and routes here.
product = components.LambdaFunction(
    "random-strings",
    {"handler": "handlers.random_strings.handler", "log_retention_days": settings.log_retention_days},
)
routes: list[components.RouteArgs] = [{"method": "GET", "path": "/random/strings", "function": product.arn}]
ingest = components.IngestPipeline(
    "ingest",
    {
        "catalog_arn": lake.catalog_arn,
        "database_name": lake.database_name,
        "table_name": lake.table_names[components.API_REQUESTS],
        "table_arn": lake.table_arns[components.API_REQUESTS],
        "table_bucket_arn": lake.table_bucket_arn,
        "transform_handler": "handlers.transform.handler",
        "unbillable_routes": components.unbillable_routes(routes),
        **settings.ingest,
    },
)
billing = components.UsageBilling("billing", {"lake": lake.to_query(), **settings.billing})
api = components.MeteredApi(
    "api", {"delivery_stream_arn": ingest.delivery_stream_arn, "routes": routes, **settings.api}
)

pulumi.export("rest_api_url", api.url)
components.export(api, "rest_api_id", "stage_name", "access_log_format", "user_pool_id", "user_pool_client_id")
components.export(ingest, "delivery_stream_name", "delivery_stream_arn", "transform_function_name", "error_bucket_name")
components.export(lake, "table_bucket_arn", "table_bucket_name", "namespace", "catalog_id")
components.export(lake, "athena_catalog", "database_name", "athena_workgroup")
pulumi.export("table_name", lake.table_names[components.API_REQUESTS])
pulumi.export("table_arn", lake.table_arns[components.API_REQUESTS])
components.export(
    billing, "invoice_bucket_name", "subscriptions_table_name", "invoices_table_name", "reconciliation_table_name"
)
components.export(
    billing,
    *("planner_function_name", "worker_function_name", "queue_name", "dead_letter_queue_name", "dead_letter_queue_url"),
    *("schedule_group_name", "schedule_name", "settings"),
    prefix="billing_",
)
