"""The pack starts as Pulumi starts it, and answers as Pulumi asks it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
import pytest
import yaml
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from metering_policy import POLICIES
from tests.policy.wire import ROOT, Pack, Resource, _analyze_request, changed, one

ENGINE_ADDRESS = "127.0.0.1:1"
# What Pulumi's Python language host runs in the program's folder, and what `pulumi-analyzer-policy-python` of an older
# Pulumi runs in the pack's.
STARTS = {
    "by the language host": ([str(ROOT / "policy"), ENGINE_ADDRESS], "."),
    "by the analyzer plugin": (["-u", "-m", "pulumi.policy", ENGINE_ADDRESS, "."], "policy"),
}
ENGINE = {"PULUMI_PROJECT": "saas-metering", "PULUMI_STACK": "prod", "PULUMI_DRY_RUN": "true", "PULUMI_CONFIG": "{}"}

# Where it is set, it would hide that Pulumi waits for the port for ever.
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}


@contextmanager
def started(start: str) -> Iterator[analyzer_pb2_grpc.AnalyzerStub]:
    """Start the pack, read its port, and end it."""
    arguments, folder = STARTS[start]
    with subprocess.Popen(  # noqa: S603 - the arguments are the lines above
        [sys.executable, *arguments], cwd=ROOT / folder, env={**ENVIRONMENT, **ENGINE}, stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                yield analyzer_pb2_grpc.AnalyzerStub(channel)
        finally:
            process.terminate()


@pytest.mark.parametrize("start", STARTS)
def test_the_pack_tells_pulumi_what_it_holds(start: str) -> None:
    with started(start) as pack:
        info = pack.GetAnalyzerInfo(empty_pb2.Empty(), timeout=30)
    assert info.name == "saas-metering"
    assert [(policy.name, policy.enforcementLevel) for policy in info.policies] == [
        (policy.name, analyzer_pb2.MANDATORY) for policy in POLICIES
    ]
    of_streams = next(policy for policy in info.policies if policy.name == "failures-outlast-replay")
    assert of_streams.policy_type == analyzer_pb2.POLICY_TYPE_STACK
    assert of_streams.configSchema.properties["days"]["default"] == 67
    assert of_streams.remediation_steps.startswith("Set errorRetentionDays")


def test_the_pack_is_told_of_its_stack_and_shakes_no_hands() -> None:
    """Pulumi goes on without a handshake, if that is what the pack says of it."""
    with started("by the language host") as pack:
        request = analyzer_pb2.AnalyzerStackConfigureRequest(stack="prod", project="saas-metering", config={"a:b": "c"})
        assert pack.ConfigureStack(request, timeout=30) == analyzer_pb2.AnalyzerStackConfigureResponse()
        with pytest.raises(grpc.RpcError) as refused:
            pack.Handshake(analyzer_pb2.AnalyzerHandshakeRequest(engine_address=ENGINE_ADDRESS), timeout=30)
    assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_the_pack_answers_over_its_port(prod: list[Resource]) -> None:
    broken = one(changed(prod, "api-client", writeAttributes=["custom:tenant_id"]), "api-client")
    with started("by the language host") as pack:
        good = pack.Analyze(_analyze_request(one(prod, "api-client")), timeout=30)
        bad = pack.Analyze(_analyze_request(broken), timeout=30)
    assert list(good.diagnostics) == []
    (diagnostic,) = bad.diagnostics
    assert diagnostic.message == (
        "No app client may write the tenant of its user: who could, would choose whose bill its requests are on.\n"
        "api-client: `writeAttributes` must not have 'custom:tenant_id', got ['custom:tenant_id']."
        " List what users may write of themselves, without the tenant"
    )
    assert (diagnostic.policyName, diagnostic.policyPackName) == ("tenant-not-writable", "saas-metering")
    assert diagnostic.enforcementLevel == analyzer_pb2.MANDATORY


def test_a_violation_of_a_stack_names_the_resource(pack: Pack, prod: list[Resource]) -> None:
    (found,) = pack.findings([resource for resource in prod if resource["name"] != "lake-results-policy"], but=prod)
    assert found.resource == "lake-results"
    assert found.message == (
        "Every bucket, queue and topic has a policy of its own: without one, requests without TLS pass.\n"
        "lake-results: it must have a `BucketPolicy` in this stack, got none."
        " Add one that denies requests without TLS"
    )


def test_the_pack_names_the_environment_that_make_makes() -> None:
    runtime = yaml.safe_load((ROOT / "policy" / "PulumiPolicy.yaml").read_text(encoding="utf-8"))["runtime"]
    assert runtime == {"name": "python", "options": {"toolchain": "pip", "virtualenv": "../.venv-policy"}}
    assert "POLICY_VENV := .venv-policy\n" in (ROOT / "Makefile").read_text(encoding="utf-8")
