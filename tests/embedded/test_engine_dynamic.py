"""Dynamic providers under the embedded engine: called as Pulumi's own host calls them."""

import json
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from embedded_aws.engine import DeploymentError, Stack
from embedded_aws.server import EmbeddedAws

# A parameter in SSM stands for something that another tool may change behind the stack's back.
PROVIDER = """
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult
from pulumi.dynamic import ResourceProvider

CALLS = []


def ssm(props):
    import boto3
    return boto3.Session(region_name=props["region"]).client("ssm")


class Provider(ResourceProvider):
    serialize_as_secret_always = False

    def configure(self, req):
        self.colour = req.config.require("colour")
        self.region = req.config.get("aws:region")
        self.profile = req.config.get("aws:profile")

    def check(self, olds, news):
        failures = [CheckFailure("value", "must not be bad")] if news["value"] == "bad" else []
        return CheckResult({**news, "region": self.region}, failures)

    def diff(self, id_, olds, news):
        replaces = ["name"] if olds["name"] != news["name"] else []
        return DiffResult(changes=bool(replaces) or olds["value"] != news["value"], replaces=replaces,
                          delete_before_replace=True)

    def _put(self, props):
        ssm(props).put_parameter(Name=props["name"], Value=props["value"], Type="String", Overwrite=True)
        return {**props, "colour": self.colour, "profile": str(self.profile)}

    def create(self, props):
        return CreateResult(props["name"], self._put(props))

    def update(self, id_, olds, news):
        return UpdateResult(self._put(news))

    def read(self, id_, props):
        client = ssm(props)
        try:
            value = client.get_parameter(Name=id_)["Parameter"]["Value"]
        except client.exceptions.ParameterNotFound:
            return ReadResult(None, {})
        return ReadResult(id_, {**props, "value": value})

    def delete(self, id_, props):
        ssm(props).delete_parameter(Name=id_)
"""

PROGRAM = """
import pulumi
from pulumi.dynamic import Resource
import provider


class Parameter(Resource, module="test", name="Parameter"):
    value: pulumi.Output[str]
    colour: pulumi.Output[str]
    profile: pulumi.Output[str]

    def __init__(self, name, props):
        super().__init__(provider.Provider(), name, {{"colour": None, "profile": None, **props}})


made = Parameter("p", {{"name": {name!r}, "value": {value!r}}})
pulumi.export("all", pulumi.Output.all(made.id, made.value, made.colour, made.profile))
"""


@pytest.fixture
def stack(aws: EmbeddedAws, tmp_path: Path) -> Iterator[Stack]:
    (tmp_path / "Pulumi.yaml").write_text(
        "name: dyn\nruntime: python\nconfig:\n  colour: {type: string, default: red}\n"
    )
    (tmp_path / "Pulumi.test.yaml").write_text("config:\n  aws:profile: mine\n  aws:region: eu-west-1\n")
    (tmp_path / "provider.py").write_text(dedent(PROVIDER))
    made = Stack(tmp_path, "test", aws.session())
    yield made
    made.destroy()


def up(stack: Stack, folder: Path, name: str, value: str) -> tuple[list[str], str]:
    (folder / "__main__.py").write_text(PROGRAM.format(name=name, value=value))
    result = stack.up()
    return result.exports["all"], str(next(iter(result.changes.values())))


def values(aws: EmbeddedAws) -> dict[str, str]:
    parameters = aws.session().client("ssm").get_parameters(Names=["dyn-one", "dyn-two"])["Parameters"]
    return {parameter["Name"]: parameter["Value"] for parameter in parameters}


def test_life_of_a_dynamic_resource(aws: EmbeddedAws, stack: Stack, tmp_path: Path) -> None:
    # The account's keys of the stack's file do not reach the providers: here everything is the embedded AWS.
    assert up(stack, tmp_path, "dyn-one", "a") == (["dyn-one", "a", "red", "None"], "create")
    assert up(stack, tmp_path, "dyn-one", "a") == (["dyn-one", "a", "red", "None"], "same")
    assert up(stack, tmp_path, "dyn-one", "b") == (["dyn-one", "b", "red", "None"], "update")
    assert values(aws) == {"dyn-one": "b"}
    assert up(stack, tmp_path, "dyn-two", "b") == (["dyn-two", "b", "red", "None"], "replace")
    assert values(aws) == {"dyn-two": "b"}
    stack.destroy()
    assert values(aws) == {}


def test_a_check_that_fails_names_property_and_reason_before_anything_is_made(
    aws: EmbeddedAws, stack: Stack, tmp_path: Path
) -> None:
    with pytest.raises(DeploymentError, match=r"Parameter::p: create failed: value: must not be bad"):
        up(stack, tmp_path, "dyn-one", "bad")
    assert values(aws) == {}


def test_a_refresh_reads_it(aws: EmbeddedAws, stack: Stack, tmp_path: Path) -> None:
    up(stack, tmp_path, "dyn-one", "a")
    ssm = aws.session().client("ssm")
    ssm.put_parameter(Name="dyn-one", Value="else", Type="String", Overwrite=True)
    assert list(stack.refresh().changes.values()) == ["update"]
    assert up(stack, tmp_path, "dyn-one", "a") == (["dyn-one", "a", "red", "None"], "update")
    ssm.delete_parameter(Name="dyn-one")
    assert list(stack.refresh().changes.values()) == ["delete"]
    assert up(stack, tmp_path, "dyn-one", "a") == (["dyn-one", "a", "red", "None"], "create")


def test_a_preview_checks_and_makes_nothing(aws: EmbeddedAws, stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "__main__.py").write_text(PROGRAM.format(name="dyn-one", value="a"))
    assert json.dumps(dict(stack.preview().counts)) == '{"create": 1}'
    assert values(aws) == {}
