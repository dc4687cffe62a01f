"""Usage metering and billing for a SaaS API on AWS: every request becomes a row, every row can be billed."""

import pulumi

import components

settings = components.read_settings()
native = components.aws_native_provider("aws-native")
tables = components.lake_tables(settings.table_name, settings.events_table_name, settings.tombstones_table_name)
lake = components.StorageLake("lake", {"tables": tables, **settings.lake}, pulumi.ResourceOptions(providers=[native]))
events = components.IngestPipeline(
    "events-ingest", {**lake.to_append(components.USAGE_EVENTS), "unbillable_routes": [], **settings.events_ingest}
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
free = components.unbillable_routes(routes)
ingest = components.IngestPipeline(
    "ingest", {**lake.to_append(components.API_REQUESTS), "unbillable_routes": free, **settings.ingest}
)
api = components.MeteredApi(
    "api", {"delivery_stream_arn": ingest.delivery_stream_arn, "routes": routes, **settings.api}
)
operations = components.Operations(
    "operations",
    {
        "lake": lake.to_query(),
        "tombstones": lake.to_append(components.TOMBSTONES),
        "requests": ingest.to_watch(),
        "events": events.to_watch(),
        "event_intake": customer.to_watch(),
        "billing": billing.to_watch(),
        "api": api.to_watch(),
        **settings.operations,
    },
)

components.export(lake=lake, events=events, billing=billing, requests=ingest, api=api, operations=operations)
pulumi.export("portal_url", pulumi.Output.concat(api.url, "/portal"))
