"""Usage metering and billing for a SaaS API on AWS: every request becomes a row, every row can be billed."""

import pulumi

import components
from components import exports

settings = components.read_settings()
native = components.aws_native_provider("aws-native")
tables = components.lake_tables(settings.table_name, settings.events_table_name, settings.tombstones_table_name)
lake = components.StorageLake("lake", {"tables": tables, **settings.lake}, pulumi.ResourceOptions(providers=[native]))
events = components.IngestPipeline(
    "events-ingest",
    {
        **lake.to_append(components.USAGE_EVENTS),
        "transform_handler": "handlers.transform_events.handler",
        "unbillable_routes": [],
        **settings.events_ingest,
    },
)
billing = components.UsageBilling("billing", {"lake": lake.to_query(), **settings.billing})
customer = components.CustomerApi(
    "customer",
    {"lake": lake.to_query(), "billing": billing.to_show(), "events": events.to_put(), **settings.customer},
)
# The product behind the API: put your own functions and routes here.
quota = components.quota_reader(billing)
product = components.LambdaFunction(
    "random-strings",
    {
        "handler": "handlers.random_strings.handler",
        "environment": quota.environment,
        "statements": quota.statements,
        "log_retention_days": settings.log_retention_days,
    },
)
routes: list[components.RouteArgs] = [
    {"method": "GET", "path": "/random/strings", "function": product.arn},
    *customer.routes,
]
ingest = components.IngestPipeline(
    "ingest",
    {
        **lake.to_append(components.API_REQUESTS),
        "transform_handler": "handlers.transform.handler",
        "unbillable_routes": components.unbillable_routes(routes),
        **settings.ingest,
    },
)
api = components.MeteredApi(
    "api", {"delivery_stream_arn": ingest.delivery_stream_arn, "routes": routes, **settings.api}
)

components.export(lake, exports.LAKE)
components.export(events, exports.EVENTS)
components.export(billing, exports.BILLING)
components.export(ingest, exports.REQUESTS)
components.export(api, exports.API)
pulumi.export("portal_url", pulumi.Output.concat(api.url, "/portal"))
