"""Each permission of each of the deployed program's roles taken away: what fails shows, and no record is lost."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime

import pytest
from ministack.core import lambda_runtime

from embedded_aws.server import EmbeddedAws
from tests.embedded.permissions_kit import Role, function_behind, role_of
from tools import error_records, traffic
from tools.lake import Lake
from tools.outputs import StackOutputs
from tools.people import signed_in
from tools.traffic import Call

pytestmark = pytest.mark.soak

ROW, HELD = "a row", "held"

CASES = {
    # action: (a good record, a malformed record)
    "glue:GetDatabase": ("Glue.AccessDenied", "Lambda.ProcessingFailedStatus"),
    "glue:GetTable": ("Glue.AccessDenied", "Lambda.ProcessingFailedStatus"),
    "glue:UpdateTable": ("Glue.AccessDenied", "Lambda.ProcessingFailedStatus"),
    "s3tables:GetTableBucket": ("S3.AccessDenied", "Lambda.ProcessingFailedStatus"),
    "s3tables:GetNamespace": ("S3.AccessDenied", "Lambda.ProcessingFailedStatus"),
    "s3tables:GetTable": ("S3.AccessDenied", "Lambda.ProcessingFailedStatus"),
    "s3tables:GetTableData": ("S3.AccessDenied", "Lambda.ProcessingFailedStatus"),
    "s3tables:GetTableMetadataLocation": ("S3.AccessDenied", "Lambda.ProcessingFailedStatus"),
    "s3tables:PutTableData": ("S3.AccessDenied", "Lambda.ProcessingFailedStatus"),
    "s3tables:UpdateTableMetadataLocation": ("S3.AccessDenied", "Lambda.ProcessingFailedStatus"),
    "lambda:GetFunctionConfiguration": ("Lambda.InvokeAccessDenied", "Lambda.InvokeAccessDenied"),
    "lambda:InvokeFunction": ("Lambda.InvokeAccessDenied", "Lambda.InvokeAccessDenied"),
    "s3:AbortMultipartUpload": (ROW, HELD),
    "s3:GetBucketLocation": (ROW, HELD),
    "s3:GetObject": (ROW, HELD),
    "s3:ListBucket": (ROW, HELD),
    "s3:ListBucketMultipartUploads": (ROW, HELD),
    "s3:PutObject": (ROW, HELD),
    "logs:PutLogEvents": (ROW, "Lambda.ProcessingFailedStatus"),
}


@pytest.fixture(scope="module")
def firehose_role(outputs: StackOutputs) -> Role:
    session = outputs.session()
    stream = session.client("firehose").describe_delivery_stream(DeliveryStreamName=outputs.delivery_stream_name)
    [destination] = stream["DeliveryStreamDescription"]["Destinations"]
    return Role(session.client("iam"), destination["IcebergDestinationDescription"]["RoleARN"].rsplit("/", 1)[-1])


def _put(outputs: StackOutputs, *, good: str, malformed: str) -> None:
    line = {
        "v": "1",
        "request_time_epoch": str(int(time.time() * 1000)),
        "extended_request_id": good,
        "request_id": good,
        "status": "200",
    }
    outputs.session().client("firehose").put_record_batch(
        DeliveryStreamName=outputs.delivery_stream_name,
        Records=[{"Data": json.dumps(line).encode()}, {"Data": malformed.encode()}],
    )


def _whereabouts(outputs: StackOutputs, since: datetime, good: str, malformed: str) -> tuple[str, str]:
    """Tell where the two records are."""
    found = error_records.read(outputs, since, lambda raw: good.encode() in raw or malformed.encode() in raw)
    codes = {("good" if good.encode() in record.raw else "malformed"): record.code for record in found}
    assert len(found) == len(codes), "a record is put aside once"
    rows = Lake(outputs).count([good], since).rows
    assert rows <= ("good" not in codes), "a record is in one place"
    return codes.get("good", ROW if rows else HELD), codes.get("malformed", HELD)


def _await(holds: Callable[[], bool], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"does not hold after {seconds} s"
        time.sleep(0.2)


def test_every_action_of_the_streams_role_has_a_case(firehose_role: Role) -> None:
    # With IAM access control Lake Formation is not asked; AWS's guide grants its action all the same.
    assert firehose_role.actions() == {*CASES, "lakeformation:GetDataAccess"}


@pytest.mark.parametrize("action", CASES)
def test_without_a_permission_the_stream_fails_in_sight_and_loses_nothing(
    aws: EmbeddedAws, outputs: StackOutputs, firehose_role: Role, action: str
) -> None:
    since, good, malformed = datetime.now(UTC), f"good-{uuid.uuid4()}", f"malformed-{uuid.uuid4()}"
    with firehose_role.without(action):
        _put(outputs, good=good, malformed=malformed)
        # What is held blocks the transform, so that a flush does not end; the good row comes all the same.
        aws.firehose.flush(timeout=1 if HELD in CASES[action] else 60)
        _await(lambda: _whereabouts(outputs, since, good, malformed) == CASES[action])
    aws.firehose.flush()
    expected = tuple("Lambda.ProcessingFailedStatus" if place == HELD else place for place in CASES[action])
    assert _whereabouts(outputs, since, good, malformed) == expected


def _log_size(outputs: StackOutputs, function: str) -> int:
    """Tell how many lines a function's log has."""
    session = outputs.session()
    group = session.client("lambda").get_function_configuration(FunctionName=function)["LoggingConfig"]["LogGroup"]
    pages = session.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
    return sum(len(page["events"]) for page in pages)


@contextmanager
def _mute(outputs: StackOutputs, function: str, action: str) -> Iterator[None]:
    """Take an action of its log away from a function; shows that it is mute meanwhile, and no longer than that."""
    role = role_of(outputs, function)
    before = _log_size(outputs, function)
    lambda_runtime.reset()  # a new environment has a log stream to make
    with role.without(action):
        yield
        assert _log_size(outputs, function) == before
    lambda_runtime.reset()


@pytest.mark.parametrize("action", ["logs:CreateLogStream", "logs:PutLogEvents"])
def test_a_transform_that_may_not_log_still_transforms(aws: EmbeddedAws, outputs: StackOutputs, action: str) -> None:
    since, function = datetime.now(UTC), outputs.transform_function_name
    before = _log_size(outputs, function)
    for mute in (_mute(outputs, function, action), nullcontext()):
        good, malformed = f"good-{uuid.uuid4()}", f"malformed-{uuid.uuid4()}"
        with mute:
            _put(outputs, good=good, malformed=malformed)
            aws.firehose.flush()
        assert _whereabouts(outputs, since, good, malformed) == (ROW, "Lambda.ProcessingFailedStatus")
    assert _log_size(outputs, function) > before


@pytest.mark.parametrize("action", ["logs:CreateLogStream", "logs:PutLogEvents"])
def test_a_product_function_that_may_not_log_still_answers_and_is_metered(
    aws: EmbeddedAws, outputs: StackOutputs, action: str
) -> None:
    since, function = datetime.now(UTC), function_behind(outputs, "/random/strings")
    before, functions = _log_size(outputs, function), outputs.session().client("lambda")
    with signed_in(outputs, ("acme",), 1, f"mute-{uuid.uuid4().hex[:8]}") as [user]:
        for mute in (_mute(outputs, function, action), nullcontext()):
            with mute:
                [answer] = traffic.send(
                    outputs.rest_api_url, [Call("good", "/random/strings", user.id_token, 200, "acme")]
                )
                aws.firehose.flush()
                # It logs nothing while all is well; this is no request of API Gateway's, so it fails.
                assert functions.invoke(FunctionName=function, Qualifier="live", Payload=b"1")["FunctionError"]
            assert answer.status == 200
            assert Lake(outputs).count([str(answer.extended_request_id)], since).rows == 1
    assert _log_size(outputs, function) > before
