"""The building blocks of the program; `__main__.py` wires them."""

from components import _lambda_src  # noqa: F401 - first of all: the modules below import `metering`
from components.catalog import read_catalog
from components.exports import export
from components.ingest_pipeline import IngestPipeline, IngestPipelineArgs
from components.lambda_function import LambdaFunction, LambdaFunctionArgs
from components.metered_api import MeteredApi, MeteredApiArgs
from components.providers import aws_native_provider
from components.queried_lake import QueriedLakeArgs
from components.records import API_REQUESTS, api_requests_table
from components.routes import RouteArgs, unbillable_routes
from components.settings import Settings, read_settings
from components.storage_lake import StorageLake, StorageLakeArgs
from components.usage_billing import SellerArgs, UsageBilling, UsageBillingArgs

__all__ = [
    "API_REQUESTS",
    "IngestPipeline",
    "IngestPipelineArgs",
    "LambdaFunction",
    "LambdaFunctionArgs",
    "MeteredApi",
    "MeteredApiArgs",
    "QueriedLakeArgs",
    "RouteArgs",
    "SellerArgs",
    "Settings",
    "StorageLake",
    "StorageLakeArgs",
    "UsageBilling",
    "UsageBillingArgs",
    "api_requests_table",
    "aws_native_provider",
    "export",
    "read_catalog",
    "read_settings",
    "unbillable_routes",
]
