"""The delivery roles may do what the program needs, and no more: a type of resource without actions fails here."""

import re

import botocore.session
import pytest
from botocore import xform_name

from delivery_roles.documents import all_needs
from delivery_roles.ensured import DYNAMIC_PROVIDERS
from delivery_roles.resource_types import RESOURCE_TYPES
from delivery_roles.resource_types_of_storage import STORAGE_TYPES
from delivery_roles.scopes import UNSCOPED
from tests.unit.delivery import program_kit
from tests.unit.delivery.iam_reference import known_actions

TABLE = {**RESOURCE_TYPES, **STORAGE_TYPES}
DYNAMIC = "pulumi-python:dynamic:Resource"
NO_OPERATION_IS_CALLED_SO = {
    *("GET", "PATCH", "POST", "PUT", "DELETE"),  # API Gateway's actions are HTTP's methods
    *("PassRole", "GetDataAccess", "PassConnection", "RegisterResourceWithPrivilegedAccess"),
    *("GetAccelerateConfiguration", "GetBucketCORS", "GetBucketObjectLockConfiguration", "GetBucketPublicAccessBlock"),
    *("GetEncryptionConfiguration", "GetLifecycleConfiguration", "GetReplicationConfiguration"),
    *("ListBucket", "ListTagsForResource", "TagResource", "UntagResource", "ListMultipartUploadParts"),
    *("PutBucketObjectLockConfiguration", "PutBucketPublicAccessBlock", "PutEncryptionConfiguration"),
    *("PutLifecycleConfiguration", "GetTableData", "PutTableData"),
}
"""Actions that IAM alone calls so; all others are operations by the same name."""
SERVICES_IN_BOTOCORE = {"cloudformation": "cloudcontrol"}
ASKED_FOR_ON_ALL = {"cloudwatch:DescribeAlarms", "cloudwatch:PutCompositeAlarm"}
"""Actions that AWS knows resources for, and whose documentation wants them on all."""
READING = ("Describe", "Get", "List")


def actions() -> set[str]:
    return {action for one in all_needs() for action in one.read | one.write}


def test_every_type_of_resource_has_its_actions() -> None:
    made = {record.typ for record in program_kit.records()} - {DYNAMIC}
    assert made - set(TABLE) == set(), "say in delivery/delivery_roles/resource_types*.py what the type needs"
    assert set(TABLE) - made == set(), "nothing of the program is of that type any more"


def test_a_type_without_actions_would_be_found() -> None:
    made = {record.typ for record in program_kit.records()} - {DYNAMIC}
    without = {typ: TABLE[typ] for typ in TABLE if typ != "aws:sqs/queue:Queue"}
    assert made - set(without) == {"aws:sqs/queue:Queue"}


def test_every_provider_of_the_programs_own_has_its_actions() -> None:
    assert set(DYNAMIC_PROVIDERS) == set(program_kit.dynamic_providers())


def test_every_call_of_those_providers_is_permitted() -> None:
    session = botocore.session.Session()
    permitted = {action for several in DYNAMIC_PROVIDERS.values() for one in several for action in one.read | one.write}
    missing = set()
    for service in ("athena", "glue", "iam", "lakeformation", "s3tables"):
        operations = {xform_name(name): name for name in session.get_service_model(service).operation_names}
        called = {
            operations[method]
            for variable, method in program_kit.calls()
            if variable == service and method in operations
        }
        assert called, f"no module of components/_ensure calls {service} by that name any more: this test holds nothing"
        missing |= {f"{service}:{operation}" for operation in called} - permitted
    assert missing == set()


def test_every_action_is_one_of_iam() -> None:
    assert {action for action in actions() if action.lower() not in known_actions()} == set()


def test_every_action_is_an_operation_of_aws_unless_it_is_said_not_to_be() -> None:
    session = botocore.session.Session()
    unknown = set()
    for action in actions():
        service, _, name = action.partition(":")
        model = session.get_service_model(SERVICES_IN_BOTOCORE.get(service, service))
        if name not in model.operation_names and name not in NO_OPERATION_IS_CALLED_SO:
            unknown.add(action)
    assert unknown == set()


def test_only_what_aws_cannot_hold_to_resources_is_unscoped() -> None:
    known = known_actions()
    unscoped = {action for one in all_needs() if one.scope is None for action in one.read | one.write} & UNSCOPED
    assert {action for action in actions() if not known[action.lower()]} == UNSCOPED - ASKED_FOR_ON_ALL
    assert unscoped == UNSCOPED


def test_what_aws_documents_to_be_wanted_on_all_is() -> None:
    session = botocore.session.Session()
    wanted = set()
    for action in actions():
        service, _, name = action.partition(":")
        model = session.get_service_model(SERVICES_IN_BOTOCORE.get(service, service))
        if name in model.operation_names:
            text = re.sub("<[^>]+>", "", model.operation_model(name).documentation)
            if "permission that is scoped to *" in text:
                wanted.add(action)
    assert wanted == ASKED_FOR_ON_ALL


@pytest.mark.parametrize("one", all_needs(), ids=lambda one: ",".join(sorted(one.read))[:40] or "none")
def test_reading_reads(one: object) -> None:
    read = {action.partition(":")[2] for action in getattr(one, "read")}  # noqa: B009 - pytest's parameter has no type
    assert {name for name in read if not name.startswith(READING) and name != "GET"} == set()


def test_nobody_who_deploys_deletes_data() -> None:
    forbidden = {
        *("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention", "s3:PutObjectRetention"),
        *("dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:Scan", "dynamodb:Query"),
        *("sqs:PurgeQueue", "firehose:PutRecord", "lambda:InvokeFunction", "s3tables:DeleteTableBucketPolicy"),
        *("iam:CreateUser", "iam:CreateAccessKey", "iam:CreateOpenIDConnectProvider", "sts:AssumeRole"),
    }
    assert actions() & forbidden == set()
