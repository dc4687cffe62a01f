"""What can be configured, and that it is heeded: more is allowed in a reviewed change, and less can be."""

from typing import Any

import pytest

from tests.policy.breaking import Change, add, change, permit
from tests.policy.breaks_gateway import GRANT
from tests.policy.wire import Pack, Resource, made_up, recorded

OF_THE_VPC = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
STREAM = "arn:aws:firehose:eu-west-7:210987654321:deliverystream/amazon-apigateway-x"
ALLOWED: list[tuple[str, dict[str, Any], Change]] = [
    (
        "no-wildcard-permission",
        {"everyResource": ["tag:GetResources"]},
        permit("customer-usage-policy", {"Action": "tag:GetResources", "Resource": "*"}),
    ),
    (
        "request-rows-from-the-gateway",
        {"writers": ["customer-usage-policy"]},
        permit("customer-usage-policy", {"Action": "firehose:PutRecord", "Resource": STREAM}),
    ),
    ("guarded-stack-keeps-its-data", {"unguardedStacks": ["pr-*", "prod"]}, change("api-users", opts__protect=False)),
    (
        "guarded-stack-keeps-its-data",
        {"madeAnew": ["billing-invoices"]},
        change("billing-invoices", opts__protect=False),
    ),
    (
        "evidence-kept",
        {"ownData": ["random-strings-policy"]},
        permit("random-strings-policy", {"Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::mine/*"}),
    ),
    (
        "no-policy-of-aws",
        {"arns": [OF_THE_VPC]},
        add(made_up("aws:iam/rolePolicyAttachment:RolePolicyAttachment", policyArn=OF_THE_VPC)),
    ),
    (
        "items-recoverable",
        {"madeAnew": ["billing-usage"]},
        change("billing-usage", pointInTimeRecovery__enabled=False),
    ),
    ("failures-outlast-replay", {"days": 20}, change("ingest-errors-lifecycle", rules__0__expiration__days=20)),
    ("callers-known", {"openMethods": ["GET /usage"]}, change("api-method-GET/usage", authorization="NONE")),
    (
        "native-for-tables-alone",
        {"types": ["aws-native:s3tables:Table", "aws-native:iam:Role"]},
        add(made_up("aws-native:iam:Role")),
    ),
]
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("no-wildcard-permission", {"everyResource": []}, "operations-operator-policy"),
    ("request-rows-from-the-gateway", {"writers": []}, "operations-operator-policy"),
    ("guarded-stack-keeps-its-data", {"madeAnew": []}, "billing-usage"),
    ("failures-outlast-replay", {"days": 401}, "ingest-stream"),
    ("callers-known", {"openMethods": []}, "api-method-GET/portal"),
    ("native-for-tables-alone", {"types": []}, "lake-table-api-requests"),
]


def configured(rule: str, values: dict[str, Any]) -> Pack:
    return Pack().configure(**{rule.replace("-", "_"): values})


@pytest.mark.parametrize(("rule", "values", "made"), ALLOWED, ids=lambda value: value if isinstance(value, str) else "")
def test_a_rule_allows_what_it_is_configured_to(
    pack: Pack, prod: list[Resource], rule: str, values: dict[str, Any], made: Change
) -> None:
    assert {found for found, _ in pack.violations(made(prod), but=prod)} == {rule}
    assert (
        configured(rule, values).violations(made(prod), but=prod) - {("callers-known", "api-method-GET/portal")}
        == set()
    )


@pytest.mark.parametrize(("rule", "values", "resource"), REFUSED)
def test_a_rule_refuses_of_this_program_what_it_is_no_longer_configured_to_allow(
    prod: list[Resource], rule: str, values: dict[str, Any], resource: str
) -> None:
    assert (rule, resource) in configured(rule, values).violations(prod)


def test_every_default_is_told_to_pulumi_and_is_what_holds_without_it(prod: list[Resource]) -> None:
    """Pulumi hands the defaults of the schema on, as the policy's configuration."""
    pack = Pack()
    assert pack.defaults()["guarded-stack-keeps-its-data"] == {
        "madeAnew": ["billing-usage"],
        "unguardedStacks": ["dev"],
    }
    assert pack.defaults()["failures-outlast-replay"] == {"days": 67}
    spelt_out = Pack().configure(**{rule.replace("-", "_"): values for rule, values in pack.defaults().items()})
    assert spelt_out.findings(prod) == []
    assert spelt_out.findings(recorded("dev")) == []


def test_the_programs_own_grants_are_many_and_allowed() -> None:
    """In the other mode: whether any of them breaks a rule is told with all else of that stack."""
    grants = [one for one in recorded("prod-lakeformation") if one["type"] == GRANT]
    given = {permission for one in grants for permission in one["inputs"]["permissions"]}
    assert len(grants) > 20
    assert {"ALL", "DESCRIBE", "INSERT", "SELECT"} <= given
