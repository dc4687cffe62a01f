"""Pulumi's names and AWS's: both directions, and what differs between two sets of inputs."""

from typing import Any

import pytest

from embedded_aws.resources import CREATORS, UnconsumedInputError
from embedded_aws.resources._creator import document, physical_name
from embedded_aws.resources._shape import Shape, from_aws, to_aws
from embedded_aws.resources.diff import changed_paths, must_replace

SHAPE: Shape = {
    "name": "Name",
    "size": "Hints.SizeInMBs",
    "interval": "Hints.IntervalInSeconds",
    "logging": ("Logging", {"enabled": "Enabled"}),
    "tables": ("TableList", {"name": "TableName"}),
}
PULUMI = {
    "name": "n",
    "size": 5,
    "interval": 0,
    "logging": {"enabled": False},
    "tables": [{"name": "a"}, {"name": "b"}],
}
AWS = {
    "Name": "n",
    "Hints": {"SizeInMBs": 5, "IntervalInSeconds": 0},
    "Logging": {"Enabled": False},
    "TableList": [{"TableName": "a"}, {"TableName": "b"}],
}


def test_a_shape_works_in_both_directions() -> None:
    assert to_aws(SHAPE, PULUMI, "t n") == AWS
    assert from_aws(SHAPE, AWS | {"Unknown": 1}) == PULUMI


def test_what_is_none_or_left_out_stays_out() -> None:
    assert to_aws(SHAPE, {"name": None, "logging": {"enabled": None}}, "t n") == {"Logging": {}}
    assert from_aws(SHAPE, {"Hints": None, "Logging": {}, "Name": "n"}) == {"name": "n"}


def test_whole_numbers_come_off_pulumis_wire_as_floats() -> None:
    result = to_aws({"a": "A"}, {"a": [1.0, 1.5, {"b": 2.0}, True, "1.0"]}, "t n")
    assert repr(result) == "{'A': [1, 1.5, {'b': 2}, True, '1.0']}"


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"nmae": "n"}, "t n: input 'nmae' is not supported by the embedded AWS"),
        ({"logging": {"enable": True}}, "t n.logging: input 'enable' is not supported by the embedded AWS"),
        ({"tables": [{"name": "a"}, {"nam": "b"}]}, "t n.tables: input 'nam' is not supported by the embedded AWS"),
    ],
)
def test_an_input_that_nobody_consumes_is_named(inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(UnconsumedInputError) as caught:
        to_aws(SHAPE, inputs, "t n")
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("olds", "news", "changed"),
    [
        ({"a": 1}, {"a": 1.0}, set()),
        ({"a": 1}, {"a": 1, "b": None}, set()),
        ({"a": 1}, {}, {"a"}),
        ({"a": {"b": {"c": 1, "d": 2}}}, {"a": {"b": {"c": 2, "d": 2}}}, {"a.b.c"}),
        ({"a": {"b": 1}}, {"a": "text"}, {"a"}),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, {"a"}),
    ],
)
def test_changed_paths(olds: dict[str, Any], news: dict[str, Any], changed: set[str]) -> None:
    assert changed_paths(olds, news) == changed


@pytest.mark.parametrize(
    ("replace_on", "changed", "replaces"),
    [
        ({"name"}, {"name"}, True),
        ({"name"}, {"names"}, False),
        ({"config.arn"}, {"config.size"}, False),
        ({"config.arn"}, {"config.arn"}, True),
        ({"config.arn"}, {"config"}, True),
        ({"triggers"}, {"triggers.hash"}, True),
        ({"name"}, set(), False),
    ],
)
def test_must_replace(replace_on: set[str], changed: set[str], replaces: bool) -> None:
    assert must_replace(frozenset(replace_on), changed) is replaces


def test_auto_names_are_the_prefix_and_seven_hexadecimal_digits() -> None:
    name = physical_name("bucket-")
    assert (name[:7], len(name)) == ("bucket-", 14)
    assert int(name[7:], 16) >= 0
    assert physical_name("bucket-") != name


def test_a_policy_document_has_one_text_however_it_is_given() -> None:
    assert document('{ "Version": "1", "Statement": [] }') == document({"Version": "1", "Statement": []})


@pytest.mark.parametrize("token", sorted(CREATORS))
def test_a_creator_replaces_and_names_only_by_inputs_that_it_consumes(token: str) -> None:
    creator = CREATORS[token]
    consumed = {*creator.shape, *creator.kept}
    assert {path.split(".")[0] for path in creator.replace_on} - consumed == set()
    assert {creator.named_by} - {None} <= consumed
    assert creator.pulumi_type == token
