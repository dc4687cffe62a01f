"""Whether ministack still has every name that the embedded AWS relies on."""

import importlib
import pkgutil

import embedded_aws
from embedded_aws import hooks
from embedded_aws.server import EmbeddedAws


def test_every_private_name_of_ministack_that_we_rely_on_exists(aws: EmbeddedAws) -> None:  # noqa: ARG001 - it sets up ministack
    modules = [found.name for found in pkgutil.walk_packages(embedded_aws.__path__, "embedded_aws.")]
    for module in modules:
        importlib.import_module(module)
    assert len(modules) > 80
    assert {module.split(".")[0] for module in hooks.REGISTRY} == {"ministack"}
    assert "_invoke_lambda_proxy_v1" in hooks.REGISTRY["ministack.services.apigateway_v1"]
    assert hooks.missing() == []
