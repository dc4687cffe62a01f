"""Each creator against the live embedded AWS: what it makes is there, as asked, and goes again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.resources import CREATORS, INVOKES, Creator, InputError, UnconsumedInputError
from embedded_aws.resources.diff import changed_paths, must_replace
from embedded_aws.resources.s3.bucket import BucketNotEmptiedError
from embedded_aws.server import EmbeddedAws
from tests.embedded.resource_examples import BUCKET, EXAMPLES, FUNCTION, TABLE, TABLE_BUCKET, Example, World

SSE = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
NEVER_GONE = {
    SSE: "S3 encrypts every bucket: what is deleted becomes its default",
    "aws:s3/bucketVersioning:BucketVersioning": "S3 never forgets that a bucket was versioned: it is suspended",
}


REQUIRED = {
    "aws:dynamodb/table:Table": ("attributes", "hashKey", "rangeKey", "billingMode"),
    "aws:lambda/eventSourceMapping:EventSourceMapping": ("eventSourceArn", "functionName"),
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": ("functionName", "qualifier"),
    "aws:scheduler/schedule:Schedule": ("groupName", "scheduleExpression", "flexibleTimeWindow", "target"),
    "aws:sqs/queue:Queue": (),
}
"""Types of many settings -> the inputs that cannot be left out."""
ITS_OWN = {"arn", "lastModified", "name", "url", "uuid"}
"""Outputs that no two resources share."""


@pytest.fixture
def world(aws: EmbeddedAws) -> Iterator[World]:
    made = World(aws.session())
    yield made
    made.close()


def _agrees(outputs: dict[str, Any], inputs: dict[str, Any]) -> None:
    """Every input is found in the outputs; AWS may fill in more below it."""
    for key, value in inputs.items():
        if isinstance(value, bytes):
            continue
        _covers(outputs[key], value, key)


def _covers(actual: Any, expected: Any, where: str) -> None:
    if isinstance(expected, dict):
        for key, value in expected.items():
            assert key in actual, f"{where}.{key} is missing in {actual}"
            _covers(actual[key], value, f"{where}.{key}")
    elif isinstance(expected, list):
        assert len(actual) == len(expected), where
        for one, other in zip(actual, expected, strict=True):
            _covers(one, other, where)
    elif isinstance(expected, str) and expected.startswith("{"):
        assert actual.replace(" ", "") == expected.replace(" ", ""), where
    else:
        assert actual == expected, where


def test_every_type_has_an_example() -> None:
    assert sorted(CREATORS) == sorted(EXAMPLES)


@pytest.mark.parametrize("token", sorted(CREATORS))
def test_life_of_a_resource(world: World, token: str) -> None:
    creator, case = CREATORS[token], EXAMPLES[token](world)
    _replaces_what_pulumi_aws_replaces(creator, case)
    id_, outputs = creator.create(world.session, "logical", case.inputs)
    try:
        _agrees(outputs, case.inputs)
        assert {key for key in case.computed if not outputs.get(key)} == set()
        assert _of(creator, creator.read(world.session, id_)) == _of(creator, outputs)
        outputs = _change(world, creator, case, id_, outputs)
    finally:
        creator.delete(world.session, id_, outputs)
    if token not in NEVER_GONE:
        assert creator.read(world.session, id_) is None
    creator.delete(world.session, id_, outputs)  # gone already is no error


def _replaces_what_pulumi_aws_replaces(creator: Creator, case: Example) -> None:
    in_place = changed_paths(case.inputs, case.change) if case.change else frozenset()
    assert not must_replace(creator.replace_on, in_place)
    for key, value in case.replaces.items():
        assert must_replace(creator.replace_on, changed_paths(case.inputs, {**case.inputs, key: value}))


def _of(creator: Creator, outputs: dict[str, Any] | None) -> dict[str, Any] | None:
    return outputs and {key: value for key, value in outputs.items() if key not in creator.kept}


def _change(world: World, creator: Creator, case: Example, id_: str, outputs: dict[str, Any]) -> dict[str, Any]:
    if not case.change:
        return outputs
    updated = creator.update(world.session, id_, outputs, case.change)
    _agrees(updated, case.change)
    assert _of(creator, creator.read(world.session, id_)) == _of(creator, updated)
    if "tags" in case.change:
        assert updated["tagsAll"] == case.change["tags"]
    return updated


@pytest.mark.parametrize("token", sorted(REQUIRED))
def test_what_is_taken_out_goes_back_to_its_default(world: World, token: str) -> None:
    creator, given = CREATORS[token], EXAMPLES[token](world).inputs
    required = {key: given[key] for key in REQUIRED[token]}

    def settings(outputs: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in outputs.items() if key not in ITS_OWN}

    id_, outputs = creator.create(world.session, "full", given)
    updated = creator.update(world.session, id_, outputs, required)
    creator.delete(world.session, id_, updated)
    id_, bare = creator.create(world.session, "bare", required)
    creator.delete(world.session, id_, bare)
    assert settings(updated) == settings(bare) != settings(outputs)


@pytest.mark.parametrize("token", sorted(CREATORS))
def test_an_input_that_nobody_consumes_is_refused_by_name(aws: EmbeddedAws, token: str) -> None:
    with pytest.raises(UnconsumedInputError, match=f"{token} logical: input 'unheardOf'"):
        CREATORS[token].create(aws.session(), "logical", {"unheardOf": 1})


def test_an_input_below_another_is_refused_by_its_path(aws: EmbeddedAws) -> None:
    inputs = {"destination": "iceberg", "icebergConfiguration": {"s3Configuration": {"flavour": "sweet"}}}
    with pytest.raises(UnconsumedInputError, match=r"logical\.icebergConfiguration\.s3Configuration: input 'flavour'"):
        CREATORS["aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"].create(aws.session(), "logical", inputs)


def test_lookups(aws: EmbeddedAws) -> None:
    session = aws.session()
    answers = {token: invoke(session, {}) for token, invoke in INVOKES.items()}
    assert answers == {
        "aws:index/getCallerIdentity:getCallerIdentity": {
            "accountId": "000000000000",
            "arn": "arn:aws:iam::000000000000:root",
            "id": "000000000000",
            "userId": answers["aws:index/getCallerIdentity:getCallerIdentity"]["userId"],
        },
        "aws:index/getRegion:getRegion": {
            "region": "us-east-1",
            "name": "us-east-1",
            "id": "us-east-1",
            "endpoint": "ec2.us-east-1.amazonaws.com",
        },
        "aws:index/getPartition:getPartition": {
            "partition": "aws",
            "dnsSuffix": "amazonaws.com",
            "reverseDnsPrefix": "com.amazonaws",
            "id": "aws",
        },
    }


def test_a_bucket_with_objects_goes_only_by_force(world: World) -> None:
    creator = CREATORS[BUCKET]
    id_, outputs = creator.create(world.session, "full", {"forceDestroy": True})
    s3 = world.session.client("s3")
    s3.put_bucket_versioning(Bucket=id_, VersioningConfiguration={"Status": "Enabled"})
    for _ in range(2):
        s3.put_object(Bucket=id_, Key="a/b", Body=b"1")
    s3.delete_object(Bucket=id_, Key="a/b")
    with pytest.raises(ClientError, match="BucketNotEmpty"):
        creator.delete(world.session, id_, {**outputs, "forceDestroy": False})
    creator.delete(world.session, id_, outputs)
    assert creator.read(world.session, id_) is None


def test_a_table_bucket_with_tables_goes_only_by_force(world: World) -> None:
    _, table = world.make(TABLE)
    creator, id_ = CREATORS[TABLE_BUCKET], table["tableBucketArn"]
    with pytest.raises(ClientError, match=r"Conflict|BadRequest"):
        creator.delete(world.session, id_, {"forceDestroy": False})
    creator.delete(world.session, id_, {"forceDestroy": True})
    assert creator.read(world.session, id_) is None


def test_names_derive_from_the_logical_one_unless_they_are_given(world: World) -> None:
    creator = CREATORS["aws:cloudwatch/logGroup:LogGroup"]
    names = []
    for inputs in ({}, {"namePrefix": "/aws/x-"}, {"name": "/explicit/name"}):
        id_, outputs = creator.create(world.session, "logs", inputs)
        names.append(outputs["name"])
        creator.delete(world.session, id_, outputs)
    assert [name[:-7] for name in names[:2]] == ["logs-", "/aws/x-"]
    assert names[2] == "/explicit/name"


def test_another_region_than_the_sessions_is_refused(world: World) -> None:
    with pytest.raises(InputError, match="aws:s3/bucket:Bucket b: region must be us-east-1, got eu-west-1"):
        CREATORS[BUCKET].create(world.session, "b", {"region": "eu-west-1"})
    id_, outputs = CREATORS[BUCKET].create(world.session, "b", {"region": "us-east-1"})
    CREATORS[BUCKET].delete(world.session, id_, outputs)


def test_only_iceberg_streams_and_zipped_functions_are_made(world: World) -> None:
    stream = CREATORS["aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"]
    with pytest.raises(InputError, match=r"s-\w{7}: destination must be iceberg, got extended_s3"):
        stream.create(world.session, "s", {"destination": "extended_s3"})
    with pytest.raises(InputError, match=r"f-\w{7}: code must be a zip archive, got NoneType"):
        CREATORS["aws:lambda/function:Function"].create(world.session, "f", {"role": "r"})


@pytest.mark.parametrize("mode", ["GOVERNANCE", "COMPLIANCE"])
def test_a_locked_object_goes_only_by_force_and_under_compliance_not_at_all(world: World, mode: str) -> None:
    creator = CREATORS[BUCKET]
    id_, outputs = creator.create(world.session, "locked", {"forceDestroy": True, "objectLockEnabled": True})
    assert outputs["objectLockEnabled"] is True
    s3, until = world.session.client("s3"), datetime.now(UTC) + timedelta(days=1)
    lock = {"ObjectLockMode": mode, "ObjectLockRetainUntilDate": until}
    version = s3.put_object(Bucket=id_, Key="a", Body=b"1", **lock)["VersionId"]
    with pytest.raises(ClientError, match="BucketNotEmpty"):
        creator.delete(world.session, id_, {**outputs, "forceDestroy": False})
    if mode == "GOVERNANCE":
        creator.delete(world.session, id_, outputs)
        assert creator.read(world.session, id_) is None
    else:  # this bucket stays behind: nobody can empty it before tomorrow
        message = rf"^{id_}/a \(version {version}\) cannot be deleted: AccessDenied: "
        with pytest.raises(BucketNotEmptiedError, match=message):
            creator.delete(world.session, id_, outputs)


def test_a_protected_table_stays(world: World) -> None:
    creator = CREATORS["aws:dynamodb/table:Table"]
    key = {"hashKey": "pk", "attributes": [{"name": "pk", "type": "S"}], "billingMode": "PAY_PER_REQUEST"}
    id_, outputs = creator.create(world.session, "items", key | {"deletionProtectionEnabled": True})
    with pytest.raises(ClientError, match="protected against deletion"):
        creator.delete(world.session, id_, outputs)
    outputs = creator.update(world.session, id_, outputs, key)
    creator.delete(world.session, id_, outputs)
    assert creator.read(world.session, id_) is None


def test_a_table_is_made_on_demand_only(world: World) -> None:
    message = "aws:dynamodb/table:Table t-[0-9a-f]{7}: billingMode must be PAY_PER_REQUEST, got PROVISIONED"
    with pytest.raises(InputError, match=message):
        CREATORS["aws:dynamodb/table:Table"].create(world.session, "t", {"hashKey": "pk"})


def test_what_a_function_does_after_a_failure_may_concern_all_its_versions(world: World) -> None:
    creator = CREATORS["aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"]
    function = world.make(FUNCTION)[1]
    for given in (function["name"], function["arn"]):
        inputs = {"functionName": given, "maximumRetryAttempts": 0.0}
        id_, outputs = creator.create(world.session, "c", inputs)
        assert (id_, {key: outputs[key] for key in inputs}) == (given, inputs)
        creator.delete(world.session, id_, outputs)
        assert creator.read(world.session, id_) is None
