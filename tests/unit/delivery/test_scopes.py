"""What the roles may touch: everything that the program makes by its name, nothing of the delivery itself."""

import json
import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

import pytest

from delivery_roles.documents import LIMIT, POLICIES, all_needs, policy
from delivery_roles.scopes import PRODUCTS, UNSCOPED, Names, Place
from tests.unit.components.harness import Record
from tests.unit.delivery import program_kit

PLACE = Place(partition="aws", region="eu-central-1", account="210987654321")
NAMES = Names(project="saas-metering", stack="dev", namespace="metering", products=PRODUCTS)
LONG = Names(
    project="p" * 40, stack="s" * 18, namespace="n" * 60, products=("product-one", "product-two", "product-three")
)
FAR = Place(partition="aws-us-gov", region="ap-southeast-99", account="210987654321")


def named(record: Record, key: str = "name") -> str:
    """Return the physical name: as given, or as Pulumi makes it."""
    prefix = record.inputs.get("namePrefix", f"{record.name}-")
    return str(record.inputs.get(key, f"{prefix}0a1b2c3"))


ARNS: dict[str, Callable[[Record], tuple[str, str]]] = {
    "aws:athena/workgroup:Workgroup": lambda r: (
        "athena:UpdateWorkGroup",
        PLACE.arn("athena", f"workgroup/{named(r)}"),
    ),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": lambda r: (
        "cloudwatch:PutCompositeAlarm",
        PLACE.arn("cloudwatch", f"alarm:{named(r, 'alarmName')}"),
    ),
    "aws:cloudwatch/dashboard:Dashboard": lambda r: (
        "cloudwatch:PutDashboard",
        f"arn:aws:cloudwatch::210987654321:dashboard/{named(r, 'dashboardName')}",
    ),
    "aws:cloudwatch/logGroup:LogGroup": lambda r: ("logs:CreateLogGroup", PLACE.arn("logs", f"log-group:{named(r)}")),
    "aws:cloudwatch/metricAlarm:MetricAlarm": lambda r: (
        "cloudwatch:PutMetricAlarm",
        PLACE.arn("cloudwatch", f"alarm:{named(r)}"),
    ),
    "aws:dynamodb/table:Table": lambda r: ("dynamodb:CreateTable", PLACE.arn("dynamodb", f"table/{named(r)}")),
    "aws:glue/catalogDatabase:CatalogDatabase": lambda r: (
        "glue:CreateDatabase",
        PLACE.arn("glue", f"database/{named(r)}"),
    ),
    "aws:iam/policy:Policy": lambda r: ("iam:CreatePolicy", PLACE.iam(f"policy/{named(r)}")),
    "aws:iam/role:Role": lambda r: ("iam:CreateRole", PLACE.iam(f"role/{named(r)}")),
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": lambda r: (
        "firehose:CreateDeliveryStream",
        PLACE.arn("firehose", f"deliverystream/{named(r)}"),
    ),
    "aws:lambda/function:Function": lambda r: ("lambda:CreateFunction", PLACE.arn("lambda", f"function:{named(r)}")),
    "aws:s3/bucket:Bucket": lambda r: ("s3:CreateBucket", f"arn:aws:s3:::{named(r, 'bucket')}"),
    "aws:s3tables/tableBucket:TableBucket": lambda r: (
        "s3tables:CreateTableBucket",
        PLACE.arn("s3tables", f"bucket/{named(r)}"),
    ),
    "aws:scheduler/schedule:Schedule": lambda r: (
        "scheduler:CreateSchedule",
        PLACE.arn("scheduler", f"schedule/{r.inputs['groupName']}/{named(r)}"),
    ),
    "aws:scheduler/scheduleGroup:ScheduleGroup": lambda r: (
        "scheduler:CreateScheduleGroup",
        PLACE.arn("scheduler", f"schedule-group/{named(r)}"),
    ),
    "aws:sns/topic:Topic": lambda r: ("sns:CreateTopic", PLACE.arn("sns", named(r))),
    "aws:sqs/queue:Queue": lambda r: ("sqs:CreateQueue", PLACE.arn("sqs", named(r))),
}
"""What makes each type that has a name, and the ARN of what is made."""


def statements(*, write: bool) -> list[dict[str, Any]]:
    texts = [policy(name, PLACE, NAMES, write=write) for name in POLICIES]
    return [statement for text in texts for statement in json.loads(text)["Statement"]]


def permitted(action: str, arn: str, *, write: bool = True) -> bool:
    return any(
        action in statement["Action"] and any(fnmatchcase(arn, pattern) for pattern in statement["Resource"])
        for statement in statements(write=write)
    )


def test_whatever_has_a_name_can_be_made_by_that_name() -> None:
    refused = {
        (record.typ, record.name)
        for record in program_kit.records()
        if record.typ in ARNS and not permitted(*ARNS[record.typ](record))
    }
    assert refused == set(), "add the beginning of the name to delivery/delivery_roles/scopes.py"
    assert set(ARNS) <= {record.typ for record in program_kit.records()}


def test_every_role_can_be_passed_to_the_service_that_takes_it() -> None:
    taken = set()
    for record in program_kit.records():
        if record.typ == "aws:iam/role:Role":
            assert permitted("iam:PassRole", PLACE.iam(f"role/{named(record)}"))
            taken |= set(re.findall(r'"Service": "([a-z.]+)"', str(record.inputs["assumeRolePolicy"])))
    (condition,) = [
        s["Condition"] for s in statements(write=True) if s["Action"] == ["iam:PassRole"] and "billing" in str(s)
    ]
    assert set(condition["StringEquals"]["iam:PassedToService"]) == taken


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_fits_into_iam_whatever_the_names(name: str, *, write: bool) -> None:
    assert len(policy(name, FAR, LONG, write=write)) <= LIMIT


def test_a_policy_that_is_too_long_is_refused() -> None:
    many = Names(project="p", stack="s", namespace="n", products=tuple(f"product-{i}" for i in range(200)))
    with pytest.raises(ValueError, match=f"policy functions: must have at most {LIMIT} characters, has"):
        policy("functions", PLACE, many, write=True)


def test_every_action_is_in_a_policy() -> None:
    wanted = {action for one in all_needs() for action in one.read | one.write}
    assert {action for statement in statements(write=True) for action in statement["Action"]} == wanted
    assert sum(map(len, POLICIES.values())) == len(set().union(*POLICIES.values())), "a service is in two policies"


@pytest.mark.parametrize("write", [False, True])
def test_everything_is_permitted_only_where_aws_forces_it_and_in_the_region(*, write: bool) -> None:
    for statement in statements(write=write):
        assert statement["Effect"] == "Allow"
        if "*" in statement["Resource"]:
            assert set(statement["Action"]) <= UNSCOPED
            assert statement["Condition"]["StringEquals"]["aws:RequestedRegion"] == "eu-central-1"
        assert not [action for action in statement["Action"] if "*" in action]


def test_the_role_that_looks_changes_nothing() -> None:
    looks = ("Describe", "Get", "List")
    found = {action for s in statements(write=False) for action in s["Action"]}
    assert {a for a in found if not a.partition(":")[2].startswith(looks) and a != "apigateway:GET"} == set()
    assert "iam:PassRole" not in found


@pytest.mark.parametrize(
    "arn",
    [
        PLACE.iam("role/delivery/saas-metering-dev-up"),
        PLACE.iam("role/delivery/saas-metering-dev-preview"),
        PLACE.iam("policy/delivery/dev-up-rights-0a1b2c3"),
        PLACE.iam("role/Admin"),
        PLACE.iam("role/aws-service-role/lakeformation.amazonaws.com/AWSServiceRoleForLakeFormationDataAccess"),
    ],
)
def test_neither_the_deliverys_own_roles_nor_anyone_elses_can_be_written(arn: str) -> None:
    changing = {a for s in statements(write=True) for a in s["Action"] if a.startswith("iam:") and "Get" not in a}
    assert {action for action in changing if permitted(action, arn)} == set()


def test_only_the_programs_own_policy_can_be_attached_and_only_to_its_operator() -> None:
    (attaching,) = [s for s in statements(write=True) if "iam:AttachRolePolicy" in s["Action"]]
    assert attaching == {
        "Effect": "Allow",
        "Action": ["iam:AttachRolePolicy", "iam:DetachRolePolicy"],
        "Resource": [PLACE.iam("role/operations-*")],
        "Condition": {"ArnLike": {"iam:PolicyARN": [PLACE.iam("policy/operations-*")]}},
    }


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:PutObject"])
def test_objects_are_reached_only_among_query_results(action: str) -> None:
    assert permitted(action, "arn:aws:s3:::lake-results-0a1b2c3/x.txt")
    for bucket in ("billing-documents-0a1b2c3", "ingest-errors-0a1b2c3", "delivery-states-0a1b2c3"):
        assert not permitted(action, f"arn:aws:s3:::{bucket}/x.txt")
        assert not permitted(action, f"arn:aws:s3:::{bucket}/x.txt", write=False)
