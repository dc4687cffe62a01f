"""Each creator against the live embedded AWS: what it makes is there, as asked, and goes again."""

from collections.abc import Iterator
from typing import Any

import pytest

from embedded_aws.resources import CREATORS, INVOKES, Creator, UnconsumedInputError
from embedded_aws.resources.diff import changed_paths, must_replace
from embedded_aws.server import EmbeddedAws
from tests.embedded.resource_examples import EXAMPLES, Example, World

SSE = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
NEVER_GONE = {SSE: "S3 encrypts every bucket: what is deleted becomes its default"}


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
