"""Usage metering for a SaaS API on AWS: every request becomes a row of an Iceberg table."""

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
api = components.MeteredApi(
    "api", {"delivery_stream_arn": ingest.delivery_stream_arn, "routes": routes, **settings.api}
)

pulumi.export("rest_api_url", api.url)
pulumi.export("rest_api_id", api.rest_api_id)
pulumi.export("stage_name", api.stage_name)
pulumi.export("access_log_format", api.access_log_format)
pulumi.export("user_pool_id", api.user_pool_id)
pulumi.export("user_pool_client_id", api.user_pool_client_id)
pulumi.export("delivery_stream_name", ingest.delivery_stream_name)
pulumi.export("delivery_stream_arn", ingest.delivery_stream_arn)
pulumi.export("transform_function_name", ingest.transform_function_name)
pulumi.export("error_bucket_name", ingest.error_bucket_name)
pulumi.export("table_bucket_arn", lake.table_bucket_arn)
pulumi.export("table_bucket_name", lake.table_bucket_name)
pulumi.export("namespace", lake.namespace)
pulumi.export("table_name", lake.table_names[components.API_REQUESTS])
pulumi.export("table_arn", lake.table_arns[components.API_REQUESTS])
pulumi.export("catalog_id", lake.catalog_id)
pulumi.export("athena_catalog", lake.athena_catalog)
pulumi.export("database_name", lake.database_name)
pulumi.export("athena_workgroup", lake.athena_workgroup)
