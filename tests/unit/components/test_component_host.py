"""The components as Pulumi's component host would serve them to other languages."""

import json
from typing import Any

import pytest
from pulumi.provider.experimental.component import ComponentProvider

from components import CustomerApi, IngestPipeline, LambdaFunction, MeteredApi, StorageLake, UsageBilling


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    components = [CustomerApi, IngestPipeline, LambdaFunction, MeteredApi, StorageLake, UsageBilling]
    host = ComponentProvider(components, "saas-metering", version="1.0.0")
    served: dict[str, Any] = json.loads(host.schema)["resources"]
    return served


def test_every_component_can_be_served_under_its_own_token(resources: dict[str, Any]) -> None:
    assert {token: sorted(resource["requiredInputs"]) for token, resource in resources.items()} == {
        "saas-metering:index:CustomerApi": ["billing", "catalog", "events", "lake"],
        "saas-metering:index:IngestPipeline": [
            "catalogArn",
            "databaseName",
            "streamName",
            "tableArn",
            "tableBucketArn",
            "tableName",
        ],
        "saas-metering:index:LambdaFunction": ["handler"],
        "saas-metering:index:MeteredApi": ["deliveryStreamArn", "routes"],
        "saas-metering:index:StorageLake": ["namespace", "tableBucketName", "tables"],
        "saas-metering:index:UsageBilling": ["catalog", "lake"],
    }


def test_every_argument_and_output_is_described(resources: dict[str, Any]) -> None:
    silent = [
        f"{token} {name}"
        for token, resource in resources.items()
        for properties in (resource["inputProperties"], resource["properties"])
        for name, value in properties.items()
        if not value.get("description")
    ]
    assert silent == []
