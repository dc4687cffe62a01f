"""What holds the program together and no single component shows: its routes, its providers, its first preview."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from pulumi.output import Unknown
from pulumi.runtime import rpc

from components import CustomerApi, IngestPipeline, LambdaFunction, MeteredApi, Operations, StorageLake, UsageBilling
from tests.unit.components.arguments_kit import API, BILLING, CUSTOMER, FUNCTION, INGEST, LAKE, OPERATIONS
from tests.unit.components.fake_aws import FakeAws
from tests.unit.components.harness import ROOT, Deployment, deploy

MAIN = (ROOT / "__main__.py").read_text()
ROUTE = '"path": "/random/strings", "function": product.arn}'


def run_changed(old: str, new: str) -> Deployment:
    """Run the program with a piece of its source replaced."""
    assert MAIN.count(old) == 1
    code = compile(MAIN.replace(old, new), "__main__.py", "exec")
    return deploy(lambda: exec(code, {"__name__": "__main__"}))  # noqa: S102 - our own program


def unknown(value: Any, path: str = "") -> Iterator[str]:
    """Yield the path of every value that a preview does not know."""
    if isinstance(value, Unknown) or value == rpc.UNKNOWN:
        yield path.removeprefix(".")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from unknown(item, f"{path}.{key}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from unknown(item, f"{path}[{number}]")


def test_the_api_and_the_transform_have_the_same_routes() -> None:
    free = ROUTE.replace("}", ', "authorize": False, "billable": False}')
    more = free + ', {"method": "POST", "path": "/more", "function": product.arn}'
    deployed = run_changed(ROUTE, more)
    methods = {record.name: record.inputs["authorization"] for record in deployed.of("Method")}
    assert methods == {
        "api-method-GET/random/strings": "NONE",
        "api-method-POST/more": "COGNITO_USER_POOLS",
        "api-method-POST/events": "COGNITO_USER_POOLS",
        "api-method-GET/usage": "COGNITO_USER_POOLS",
        "api-method-GET/invoices": "COGNITO_USER_POOLS",
        "api-method-GET/invoices/{}": "COGNITO_USER_POOLS",
        "api-method-GET/invoices/{}/lines/{}": "COGNITO_USER_POOLS",
        "api-method-GET/invoices/{}/lines/{}/rows": "COGNITO_USER_POOLS",
        "api-method-GET/portal": "NONE",
    }
    transform = deployed.one("Function", "ingest-transform-function").inputs
    variables = transform["environment"]["variables"]
    assert variables.keys() == {"UNBILLABLE_ROUTES"}
    assert json.loads(variables["UNBILLABLE_ROUTES"]) == [
        "GET /invoices",
        "GET /invoices/{number}",
        "GET /invoices/{number}/lines/{line}",
        "GET /invoices/{number}/lines/{line}/rows",
        "GET /portal",
        "GET /random/strings",
        "GET /usage",
        "POST /events",
    ]


def test_a_product_of_ones_own_is_swapped_in_without_a_change_of_any_component() -> None:
    deployed = run_changed('"handler": "handlers.random_strings.handler"', '"handler": "handlers.mine.handler"')
    handlers = {record.name: record.inputs["handler"] for record in deployed.of("aws:lambda/function:Function")}
    assert handlers == {
        "random-strings-function": "handlers.mine.handler",
        "events-ingest-transform-function": "handlers.transform_events.handler",
        "billing-rollup-function": "handlers.usage_rollup.handler",
        "customer-events-function": "handlers.events.handler",
        "customer-invoices-function": "handlers.customer_invoices.handler",
        "customer-lines-function": "handlers.customer_lines.handler",
        "customer-portal-function": "handlers.portal.handler",
        "customer-usage-function": "handlers.customer_usage.handler",
        "ingest-transform-function": "handlers.transform.handler",
        "operations-reconciler-function": "handlers.reconciliation.handler",
        "billing-planner-function": "handlers.billing_planner.handler",
        "billing-worker-function": "handlers.billing_worker.handler",
    }


class AskedProviders(FakeAws):
    """Notes which provider is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.providers: set[str] = set()

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:  # type: ignore[override] - mocks take both
        self.providers.add(args.provider.split("::")[-2] if args.provider else "the default provider")
        return super().call(args)


@pytest.mark.parametrize(
    ("make", "args"),
    [
        (StorageLake, LAKE),
        (IngestPipeline, INGEST),
        (MeteredApi, API),
        (UsageBilling, BILLING),
        (CustomerApi, CUSTOMER),
        (Operations, OPERATIONS),
        (LambdaFunction, FUNCTION),
    ],
    ids=["lake", "ingest", "api", "billing", "customer", "operations", "function"],
)
def test_partition_region_and_account_are_those_of_the_provider_that_a_component_is_given(
    make: Callable[..., pulumi.ComponentResource], args: dict[str, Any]
) -> None:
    def program() -> None:
        make("x", args, pulumi.ResourceOptions(providers=[aws.Provider("elsewhere")]))

    fake = AskedProviders()
    deployed = deploy(program, fake=fake)
    assert fake.providers == {"elsewhere"}
    of_aws = [record for record in deployed.records if record.typ.startswith("aws:")]
    assert {record.provider for record in of_aws} == {"elsewhere"}


def test_a_first_preview_leaves_open_only_what_aws_makes_up(preview: Deployment) -> None:
    opened = {record.name: sorted(unknown(record.inputs)) for record in preview.records}
    stream = "icebergConfiguration"
    assert {name: paths for name, paths in opened.items() if name.startswith("ingest") and paths} == {
        **{f"ingest-errors-{part}": ["bucket"] for part in ("access-block", "encryption", "lifecycle", "ownership")},
        "ingest-errors-policy": ["bucket", "policy"],
        "ingest-policy": ["policy", "role"],
        "ingest-stream": [
            f"{stream}.processingConfiguration.processors[0].parameters[0].parameterValue",
            f"{stream}.roleArn",
            f"{stream}.s3Configuration.bucketArn",
            f"{stream}.s3Configuration.roleArn",
        ],
        "ingest-transform-function": ["loggingConfig.logGroup", "role"],
        "ingest-transform-live": ["functionName", "functionVersion"],
        "ingest-transform-policy": ["policy", "role"],
    }
    assert {name: paths for name, paths in opened.items() if name.startswith("lake-table")} == {
        "lake-table-api-requests": ["tableBucketArn"],
        "lake-table-api-requests-schema": ["athena_workgroup", "table_bucket_arn"],
        "lake-table-api-requests-visible": [],
        "lake-table-tombstones": ["tableBucketArn"],
        "lake-table-tombstones-schema": ["athena_workgroup", "table_bucket_arn"],
        "lake-table-tombstones-visible": [],
        "lake-table-usage-events": ["tableBucketArn"],
        "lake-table-usage-events-schema": ["athena_workgroup", "table_bucket_arn"],
        "lake-table-usage-events-visible": [],
    }
    assert opened["api-permission-GET/random/strings"] == ["function", "qualifier", "sourceArn", "statementId"]
    assert opened["api-deployment"] == ["restApi", "triggers.contents"]
    assert opened["api-stage"] == [
        *("accessLogSettings.destinationArn", "deployment", "restApi", "variables.user_pool_client_id")
    ]
