"""What the embedded AWS adds to ministack."""

PARTS = (
    "embedded_aws.garbage",
    "embedded_aws.controls",
    "embedded_aws.clock",
    "embedded_aws.cloudwatch",
    "embedded_aws.transport",
    "embedded_aws.lambda_runtime",
    "embedded_aws.cognito",
    "embedded_aws.s3_tables",
    "embedded_aws.glue",
    "embedded_aws.lake_formation.service",
    "embedded_aws.cloud_control",
    "embedded_aws.athena",
    "embedded_aws.firehose",
    "embedded_aws.event_bus",
    "embedded_aws.expressions",
    "embedded_aws.item_keys",
    "embedded_aws.object_lock",
    "embedded_aws.queues",
    "embedded_aws.activity",
    "embedded_aws.gateway",
    "embedded_aws.scheduler",
    "embedded_aws.faults",
    "embedded_aws.wire",
)
"""What is added to ministack, in the order in which it is put in place; each module has `install(aws)`."""
