"""Billing deployed by itself, over a lake that is only named."""

from typing import Any

from components import UsageBilling
from tests.unit.components.arguments_kit import BILLING
from tests.unit.components.harness import Deployment, deploy

SELLER = {"legal_name": "Example Ltd", "address": ["1 Example Street"]}


def billing(**more: Any) -> Deployment:
    return deploy(lambda: UsageBilling("b", {**BILLING, **more}))  # type: ignore[typeddict-item]


def environment(deployment: Deployment, function: str) -> dict[str, str]:
    variables: dict[str, str] = deployment.one("Function", f"b-{function}-function").inputs["environment"]["variables"]
    return variables
