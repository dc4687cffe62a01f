"""The dynamic providers in Pulumi's own host for them: a process of its own, called as the engine calls it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import json_format, struct_pb2
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from components._ensure.catalog import S3TablesCatalogProvider
from components._ensure.table_schema import TableSchemaProvider
from components._ensure.table_visible import TableVisibleProvider
from embedded_aws.server import EmbeddedAws

PROJECT = Path(__file__).parents[2]
PROVIDERS = {
    "lake-catalog": serialize_provider(S3TablesCatalogProvider()),
    "lake-table-api-requests-visible": serialize_provider(TableVisibleProvider()),
    "lake-table-api-requests-schema": serialize_provider(TableSchemaProvider()),
}


@pytest.fixture(scope="module")
def host(aws: EmbeddedAws, deployed: Any) -> Iterator[Any]:  # noqa: ARG001 - after the session's stack
    """Pulumi's host, configured as the engine configures it: nothing is set, so the environment decides."""
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_ENDPOINT_URL": aws.url}
    command = [sys.executable, "-u", "-m", "pulumi.dynamic", "127.0.0.1:1"]
    environment = {**os.environ, **keys, "PULUMI_PROJECT": "saas-metering"}
    with subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - Pulumi's own
        assert process.stdout is not None
        try:
            with grpc.insecure_channel(f"127.0.0.1:{process.stdout.readline().strip()}") as channel:
                stub = provider_pb2_grpc.ResourceProviderStub(channel)
                stub.Configure(provider_pb2.ConfigureRequest(args=struct_pb2.Struct()))
                yield stub
        finally:
            process.kill()


def inputs_of(deployed: Any, name: str, **changed: Any) -> struct_pb2.Struct:
    """The inputs that the deployed program registered, as Pulumi's wire has them."""
    inputs = next(one.inputs for one in deployed.stack.resources if one.name == name)
    return json_format.Parse(json.dumps({**inputs, **changed, "__provider": PROVIDERS[name]}), struct_pb2.Struct())


@pytest.mark.parametrize("name", PROVIDERS)
def test_what_is_there_is_read_and_no_change(host: Any, deployed: Any, name: str) -> None:
    news = inputs_of(deployed, name)
    checked = host.Check(provider_pb2.CheckRequest(news=news))
    assert (checked.inputs, list(checked.failures)) == (news, [])
    made = host.Create(provider_pb2.CreateRequest(properties=checked.inputs))
    read = host.Read(provider_pb2.ReadRequest(id=made.id, properties=made.properties))
    assert (read.id, read.properties) == (made.id, made.properties)
    for olds in (made.properties, read.properties):
        diff = host.Diff(provider_pb2.DiffRequest(id=made.id, olds=olds, news=news))
        assert diff.changes == provider_pb2.DiffResponse.DIFF_NONE
    updated = host.Update(provider_pb2.UpdateRequest(id=made.id, olds=made.properties, news=news))
    assert updated.properties == made.properties
    host.Delete(provider_pb2.DeleteRequest(id=made.id, properties=made.properties))
    assert host.Read(provider_pb2.ReadRequest(id=made.id, properties=made.properties)).id == made.id


@pytest.mark.parametrize(
    ("name", "unknown"),
    [
        ("lake-catalog", "identifier"),
        ("lake-table-api-requests-visible", "catalog_id"),
        ("lake-table-api-requests-schema", "table_bucket_arn"),
        ("lake-table-api-requests-schema", "athena_workgroup"),
    ],
)
def test_a_preview_of_what_is_not_made_yet_passes(host: Any, deployed: Any, name: str, unknown: str) -> None:
    news = inputs_of(deployed, name, **{unknown: rpc.UNKNOWN})
    checked = host.Check(provider_pb2.CheckRequest(news=news))
    assert (checked.inputs, list(checked.failures)) == (news, [])
    diff = host.Diff(provider_pb2.DiffRequest(id="i", olds=inputs_of(deployed, name), news=news))
    assert diff.changes == provider_pb2.DiffResponse.DIFF_SOME


def test_what_is_gone_has_no_id(host: Any, deployed: Any) -> None:
    for name in ("lake-table-api-requests-visible", "lake-table-api-requests-schema"):
        gone = inputs_of(deployed, name, table_name="never_made")
        assert host.Read(provider_pb2.ReadRequest(id="i", properties=gone)).id == ""


def test_a_preview_refuses_in_one_line(host: Any, deployed: Any) -> None:
    news = inputs_of(deployed, "lake-catalog", access_control="lakeformation")
    (failure,) = host.Check(provider_pb2.CheckRequest(news=news)).failures
    assert failure.property == "access_control"
    assert failure.reason.startswith("the catalog s3tablescatalog of this account and region has access control iam")
