"""The building blocks of the program; `__main__.py` wires them."""

from components import _lambda_src  # noqa: F401 - first of all: the modules below import `metering`
from components.appended_table import AppendedTableArgs
from components.catalog import read_catalog
from components.customer_api import CustomerApi, CustomerApiArgs
from components.exports import export
from components.ingest_args import IngestPipelineArgs
from components.ingest_pipeline import IngestPipeline
from components.lake_args import StorageLakeArgs
from components.lake_formation import LakeFormationArgs
from components.lambda_function import LambdaFunction, LambdaFunctionArgs
from components.metered_api import MeteredApi, MeteredApiArgs
from components.operations import Operations, OperationsArgs
from components.providers import aws_native_provider
from components.queried_lake import QueriedLakeArgs
from components.quota import QuotaReader, quota_reader
from components.records import (
    API_REQUESTS,
    TOMBSTONES,
    USAGE_EVENTS,
    api_requests_table,
    lake_tables,
    tombstones_table,
    usage_events_table,
)
from components.routes import RouteArgs, unbillable_routes
from components.seller import SellerArgs
from components.settings import Settings, read_settings
from components.shown_billing import ShownBillingArgs
from components.storage_lake import StorageLake
from components.stream import StreamArgs
from components.usage_billing import UsageBilling, UsageBillingArgs
from components.watched import WatchedApiArgs, WatchedBillingArgs, WatchedEventsArgs, WatchedPipelineArgs

__all__ = [
    "API_REQUESTS",
    "TOMBSTONES",
    "USAGE_EVENTS",
    "AppendedTableArgs",
    "CustomerApi",
    "CustomerApiArgs",
    "IngestPipeline",
    "IngestPipelineArgs",
    "LakeFormationArgs",
    "LambdaFunction",
    "LambdaFunctionArgs",
    "MeteredApi",
    "MeteredApiArgs",
    "Operations",
    "OperationsArgs",
    "QueriedLakeArgs",
    "QuotaReader",
    "RouteArgs",
    "SellerArgs",
    "Settings",
    "ShownBillingArgs",
    "StorageLake",
    "StorageLakeArgs",
    "StreamArgs",
    "UsageBilling",
    "UsageBillingArgs",
    "WatchedApiArgs",
    "WatchedBillingArgs",
    "WatchedEventsArgs",
    "WatchedPipelineArgs",
    "api_requests_table",
    "aws_native_provider",
    "export",
    "lake_tables",
    "quota_reader",
    "read_catalog",
    "read_settings",
    "tombstones_table",
    "unbillable_routes",
    "usage_events_table",
]
