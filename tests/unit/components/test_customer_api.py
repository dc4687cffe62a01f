"""What customers call: routes that cost them nothing, to functions that know and may only what each needs."""

from typing import Any

import pulumi
import pytest

from billing import records
from components import CustomerApi, _api_routes, _billing_storage
from components.catalog import read_catalog
from tests.unit.components.arguments_kit import CUSTOMER
from tests.unit.components.fake_aws import arn
from tests.unit.components.harness import Deployment, deploy
from tests.unit.components.test_billing_policies import DOCUMENTS, OF_THE_LAKE, allowed

INVOICES = arn("dynamodb", "table/billing-invoices-arn")
USAGE = arn("dynamodb", "table/billing-usage-arn")
FUNCTIONS = ("events", "invoices", "lines", "portal", "usage")


def function_of(program: Deployment, role: str) -> dict[str, Any]:
    return program.one("Function", f"customer-{role}-function").inputs


def beyond_its_log(program: Deployment, role: str) -> list[tuple[list[str], list[str]]]:
    log, *others = allowed(program, f"customer-{role}-policy")
    assert log == (
        ["logs:CreateLogStream", "logs:PutLogEvents"],
        [arn("logs", f"log-group-arn:/aws/lambda/customer-{role}-2222:*")],
    )
    return others


def test_routes_lead_to_the_functions_and_cost_nothing(program: Deployment) -> None:
    def alias(role: str) -> str:
        return arn("lambda", f"function:customer-{role}-function-4444:live")

    routes = [
        ("POST", "/events", "events"),
        ("GET", "/usage", "usage"),
        ("GET", "/invoices", "invoices"),
        ("GET", "/invoices/{number}", "invoices"),
        ("GET", "/invoices/{number}/lines/{line}", "lines"),
        ("GET", "/invoices/{number}/lines/{line}/rows", "lines"),
    ]
    assert program.outputs["customer"] == {
        "routes": [
            *(
                {"method": method, "path": path, "function": alias(role), "billable": False}
                for method, path, role in routes
            ),
            # Nobody has a token before the page is there to sign in on.
            {"method": "GET", "path": "/portal", "function": alias("portal"), "billable": False, "authorize": False},
        ]
    }


def test_each_function_is_told_what_it_needs_and_no_more(program: Deployment) -> None:
    documents = {"INVOICES_TABLE": "billing-invoices-5555", "INVOICE_BUCKET": "billing-documents-0000"}
    told = {role: function_of(program, role).get("environment", {}).get("variables") for role in FUNCTIONS}
    assert told == {
        "events": {
            "EVENTS_STREAM": "saas-metering-test-usage-events",
            "INVOICES_TABLE": "billing-invoices-5555",
            "USAGE_TABLE": "billing-usage-5555",
        },
        "usage": {"USAGE_TABLE": "billing-usage-5555"},
        "invoices": documents,
        "lines": {
            **documents,
            "ATHENA_WORKGROUP": "lake-workgroup-1111",
            "ATHENA_CATALOG": "s3tablescatalog/saas-metering-test",
            "DATABASE_NAME": "metering",
            "TABLE_NAMES": (
                '{"api-requests": "api_requests", "tombstones": "usage_tombstones", "usage-events": "usage_events"}'
            ),
        },
        "portal": None,
    }


def test_each_function_has_its_handler_its_time_and_its_room(program: Deployment) -> None:
    made = {role: function_of(program, role) for role in FUNCTIONS}
    assert {role: (one["handler"], one["timeout"], one["memorySize"]) for role, one in made.items()} == {
        "events": ("handlers.events.handler", 29, 1769),
        "usage": ("handlers.customer_usage.handler", 10, 512),
        "invoices": ("handlers.customer_invoices.handler", 10, 512),
        "lines": ("handlers.customer_lines.handler", 29, 512),
        "portal": ("handlers.portal.handler", 10, 512),
    }
    assert max(one["timeout"] for one in made.values()) * 1000 <= _api_routes.INTEGRATION_TIMEOUT_MS


def test_the_function_of_events_alone_carries_the_catalog(program: Deployment) -> None:
    files = {
        role: {
            path: asset.text
            for path, asset in function_of(program, role)["code"].assets.items()
            if isinstance(asset, pulumi.StringAsset) and path == "catalog.json"
        }
        for role in FUNCTIONS
    }
    assert {role: found for role, found in files.items() if found} == {
        "events": {"catalog.json": read_catalog("catalog.yaml")}
    }


def test_events_may_be_sent_on_and_told_whether_their_period_is_closed(program: Deployment) -> None:
    assert beyond_its_log(program, "events") == [
        (["firehose:PutRecordBatch"], [program.exports["usage_events_stream_arn"]]),
        (["dynamodb:Query"], [INVOICES]),
        (["dynamodb:GetItem"], [USAGE]),
    ]


@pytest.mark.parametrize(
    ("role", "partitions"), [("events", "PERIODS"), ("invoices", "TENANT#*"), ("lines", "TENANT#*")], ids=str
)
def test_of_the_table_of_bills_each_sees_certain_partitions(program: Deployment, role: str, partitions: str) -> None:
    statements = program.one("RolePolicy", f"customer-{role}-policy").policy()["Statement"]
    of_bills = [one["Condition"] for one in statements if one["Resource"] == [INVOICES]]
    assert of_bills == [{"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [partitions]}}]


def test_the_partitions_are_those_of_the_code() -> None:
    assert (records.PERIODS, f"{records.TENANT}*") == (_billing_storage.PERIODS, _billing_storage.TENANTS)


def test_whoever_shows_usage_reads_one_item_at_a_time(program: Deployment) -> None:
    assert beyond_its_log(program, "usage") == [(["dynamodb:GetItem"], [USAGE])]


def test_whoever_shows_invoices_reads_what_is_final(program: Deployment) -> None:
    assert beyond_its_log(program, "invoices") == [
        (["dynamodb:GetItem", "dynamodb:Query"], [INVOICES]),
        (["s3:GetObject"], [f"{DOCUMENTS}/final/*"]),
        (["s3:ListBucket"], [DOCUMENTS]),
    ]
    assert beyond_its_log(program, "lines") == [
        (["dynamodb:GetItem"], [INVOICES]),
        (["s3:GetObject"], [f"{DOCUMENTS}/catalog/*", f"{DOCUMENTS}/final/*"]),
        (["s3:ListBucket"], [DOCUMENTS]),
        *OF_THE_LAKE,
    ]


def test_the_page_needs_nothing(program: Deployment) -> None:
    assert beyond_its_log(program, "portal") == []


def test_the_sample_product_may_ask_what_a_tenant_has_used(program: Deployment) -> None:
    product = program.one("Function", "random-strings-function").inputs
    assert product["environment"] == {"variables": {"USAGE_TABLE": "billing-usage-5555"}}
    assert allowed(program, "random-strings-policy")[1:] == [(["dynamodb:GetItem"], [USAGE])]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"log_retention_days": 31}, "c: log_retention_days: must be one of 1, 3, .*, got 31"),
        ({"catalog": "{"}, "c: catalog: must be JSON: Expecting property name .*"),
    ],
    ids=["retention", "catalog"],
)
def test_a_wrong_argument_stops_before_anything_is_made(changes: dict[str, Any], message: str) -> None:
    def program() -> None:
        with pytest.raises(ValueError, match=message):
            CustomerApi("c", {**CUSTOMER, **changes})  # type: ignore[typeddict-item]

    assert deploy(program).records == []


def test_it_can_be_made_twice_in_one_program() -> None:
    def both() -> None:
        CustomerApi("one", CUSTOMER)  # type: ignore[typeddict-item]
        CustomerApi("two", CUSTOMER)  # type: ignore[typeddict-item]

    names = deploy(both).names("aws:lambda/function:Function")
    assert names == [f"{name}-{role}-function" for name in ("one", "two") for role in FUNCTIONS]
