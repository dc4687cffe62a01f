"""What the stack's configuration decides about the two streams and their tables."""

from typing import NotRequired, TypedDict

import pulumi

from components import _rules
from components._config import ConfigReader
from components.catalog import CATALOG_FILE


class IngestSettings(TypedDict):
    """What the configuration decides about an `IngestPipeline`."""

    stream_name: str
    transform_handler: str
    files: NotRequired[dict[str, str]]
    producers: NotRequired[list[str]]
    delivery_buffer_interval_seconds: int
    delivery_buffer_size_mib: int
    delivery_retry_seconds: int
    transform_buffer_interval_seconds: int
    transform_buffer_size_mib: int
    transform_retries: int
    error_output_prefix: str
    error_retention_days: int
    log_retention_days: int
    protect: bool


def ingest_settings(
    reader: ConfigReader, *, catalog: str, protect: bool, log_retention_days: int
) -> tuple[IngestSettings, IngestSettings]:
    """Read every key of the streams: that of requests, and that of usage events.

    Args:
        reader: of the configuration.
        catalog: as JSON text, what usage events must be like.
        protect: whether failed records are guarded.
        log_retention_days: days that log events are kept.
    """
    requests = IngestSettings(
        stream_name=_requests_stream(reader),
        transform_handler="handlers.transform.handler",
        delivery_buffer_interval_seconds=reader.integer(
            "deliveryBufferIntervalSeconds", 60, _rules.DELIVERY_INTERVAL_SECONDS
        ),
        delivery_buffer_size_mib=reader.integer("deliveryBufferSizeMiB", 64, _rules.DELIVERY_SIZE_MIB),
        delivery_retry_seconds=reader.integer("deliveryRetrySeconds", 300, _rules.DELIVERY_RETRY_SECONDS),
        transform_buffer_interval_seconds=reader.integer(
            "transformBufferIntervalSeconds", 60, _rules.TRANSFORM_INTERVAL_SECONDS
        ),
        transform_buffer_size_mib=reader.integer("transformBufferSizeMiB", 1, _rules.TRANSFORM_SIZE_MIB),
        transform_retries=reader.integer("transformRetries", 3, _rules.TRANSFORM_RETRIES),
        error_output_prefix=reader.text("errorOutputPrefix", _rules.DEFAULT_ERROR_PREFIX, _rules.ERROR_PREFIX),
        error_retention_days=reader.integer("errorRetentionDays", 90, _rules.DAYS),
        log_retention_days=log_retention_days,
        protect=protect,
    )
    events: IngestSettings = {
        **requests,
        "stream_name": _events_stream(reader),
        "transform_handler": "handlers.transform_events.handler",
        "files": {CATALOG_FILE: catalog},
        "producers": list(reader.texts("eventProducers", _rules.PRINCIPAL_ARN)),
    }
    return requests, events


def table_names(reader: ConfigReader) -> tuple[str, str, str]:
    """Read the names of the tables of requests, of usage events and of tombstones."""
    requests = reader.text("tableName", "api_requests", _rules.TABLE_NAME)
    events = reader.text("usageEventsTableName", "usage_events", _rules.TABLE_NAME)
    if events == requests:
        reader.reject("usageEventsTableName", "must not be that of API requests", events)
    tombstones = reader.text("tombstonesTableName", "usage_tombstones", _rules.TABLE_NAME)
    if tombstones in {requests, events}:
        reader.reject("tombstonesTableName", "must not be that of API requests or of usage events", tombstones)
    return requests, events, tombstones


def project_and_stack() -> str:
    """Return `<project>-<stack>`, which names are made of by default."""
    return f"{pulumi.get_project()}-{pulumi.get_stack()}"


def _requests_stream(reader: ConfigReader) -> str:
    name = _rules.ACCESS_LOG_PREFIX + (reader.text("streamSuffix", "") or project_and_stack())
    rule = _rules.ACCESS_LOG_STREAM_NAME
    if not rule.holds(name):
        reader.reject("streamSuffix", f"the stream's name, with <project>-<stack> if empty, {rule.says}", name)
    return name


def _events_stream(reader: ConfigReader) -> str:
    name = reader.text("usageEventsStream", "") or f"{project_and_stack()}-usage-events"
    rule = _rules.EVENTS_STREAM_NAME
    if not rule.holds(name):
        reader.reject("usageEventsStream", f"the name, <project>-<stack>-usage-events if empty, {rule.says}", name)
    return name
