"""README's Python examples run, under Pulumi's mocks, as a program of their own; its meter is taken by the catalog."""

import re
import runpy
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from metering.records import TABLES
from rating.catalog import parse_catalog
from tests.unit.components.harness import Deployment, deploy
from tests.unit.rating.catalog.shipped import shipped_value

README = (Path(__file__).resolve().parents[3] / "README.md").read_text(encoding="utf-8")
IMPORTS = "import pulumi\n\nimport components\n\n"


def examples(heading: str) -> str:
    """Return the Python blocks below a heading, up to the next one of its level, as one program."""
    level = heading.split(" ", 1)[0]
    section = re.split(rf"^{level} ", README.split(f"\n{heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    return IMPORTS + "\n".join(re.findall(r"^```python\n(.*?)^```", section, re.DOTALL | re.MULTILINE))


def blocks(heading: str) -> list[str]:
    """Return the Python blocks below a heading, up to the next heading."""
    section = README.split(f"\n{heading}\n", 1)[1].split("\n##", 1)[0]
    return re.findall(r"^```python\n(.*?)^```", section, re.DOTALL | re.MULTILINE)


def lake_and_billing() -> str:
    """Return the examples of those two components."""
    return "".join(code for heading in ("### StorageLake", "### UsageBilling") for code in blocks(heading))


def run(source: str, folder: Path) -> Deployment:
    program = folder / "program.py"
    program.write_text(source)
    return deploy(lambda: runpy.run_path(str(program)))


@pytest.fixture(scope="module")
def components_examples(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return run(examples("## Components"), tmp_path_factory.mktemp("readme"))


def test_component_examples_make_every_component(components_examples: Deployment) -> None:
    components = {record.typ for record in components_examples.records if record.typ.startswith("saas-metering:")}
    assert components == {
        "saas-metering:index:CustomerApi",
        "saas-metering:index:StorageLake",
        "saas-metering:index:IngestPipeline",
        "saas-metering:index:LambdaFunction",
        "saas-metering:index:MeteredApi",
        "saas-metering:index:UsageBilling",
    }


def test_component_examples_are_wired(components_examples: Deployment) -> None:
    outputs = components_examples.outputs
    stage = components_examples.one("aws:apigateway/stage:Stage").inputs["accessLogSettings"]
    stream = components_examples.one("FirehoseDeliveryStream", "ingest-stream").inputs
    assert stage["destinationArn"] == outputs["ingest"]["delivery_stream_arn"]
    assert stream["icebergConfiguration"]["catalogArn"] == outputs["lake"]["catalog_arn"]
    tables = components_examples.of("aws-native:s3tables:Table")
    assert {table.inputs["tableName"] for table in tables} == {"api_requests", "usage_events"}
    planner = components_examples.one("aws:lambda/function:Function", "billing-planner-function").inputs
    assert planner["environment"]["variables"]["ATHENA_WORKGROUP"] == outputs["lake"]["athena_workgroup"]
    intake = components_examples.one("aws:lambda/function:Function", "customer-events-function").inputs
    assert intake["environment"]["variables"]["EVENTS_STREAM"] == outputs["events-ingest"]["delivery_stream_name"]
    assert "api-method-POST/events" in components_examples.names("aws:apigateway/method:Method")


def test_example_of_a_limited_function_may_read_what_a_tenant_has_used(tmp_path: Path) -> None:
    [*_, example] = blocks("### Limits of a plan")
    source = IMPORTS + lake_and_billing() + example
    orders = run(source, tmp_path).one("aws:lambda/function:Function", "orders-function").inputs
    assert orders["environment"] == {"variables": {"USAGE_TABLE": "billing-usage-5555"}}


def test_example_of_a_product_of_ones_own_has_a_free_and_open_route(tmp_path: Path) -> None:
    api = (
        "stream = 'arn:aws:firehose:eu-west-1:123456789012:deliverystream/amazon-apigateway-x'\n"
        "components.MeteredApi('api', {'delivery_stream_arn': stream, 'routes': routes})\n"
        "pulumi.export('free', components.unbillable_routes(routes))\n"
    )
    deployment = run(examples("### A product of your own") + api, tmp_path)
    methods = deployment.of("aws:apigateway/method:Method")
    assert {record.name: record.inputs["authorization"] for record in methods} == {
        "api-method-GET/orders/{}": "COGNITO_USER_POOLS",
        "api-method-GET/health": "NONE",
    }
    assert deployment.exports == {"free": ["GET /health"]}


def test_examples_of_meters_are_some_of_the_shipped_catalog() -> None:
    section = README.split("\n### Meters, plans, subscriptions\n", 1)[1].split("\n### ", 1)[0]
    value = shipped_value()
    for block in re.findall(r"^```yaml\n(.*?)^```", section, re.DOTALL | re.MULTILINE):
        value["meters"] |= yaml.safe_load(block)
    meters = parse_catalog(value, TABLES).meters
    seats, meter = meters["peak_seats"], meters["slow_calls"]
    assert (seats.event_type, seats.data_members, seats.group_by) == ("com.example.seats", ("seats",), ("data.region",))
    conditions = [(one.column, one.operator, one.values) for one in meter.filters]
    assert (meter.aggregation, meter.unit) == ("count", "call")
    assert conditions == [
        ("billable", "equals", (True,)),
        ("response_latency_ms", "greater_than_or_equal", (Decimal(1000),)),
    ]
