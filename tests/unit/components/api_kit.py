"""APIs of a few routes to one function."""

from typing import Any

from components import MeteredApi, RouteArgs
from tests.unit.components.fake_aws import arn
from tests.unit.components.harness import Deployment, deploy

ALIAS = arn("lambda", "function:f:live")
STREAM = arn("firehose", "deliverystream/amazon-apigateway-s")


def route(method: str = "GET", path: str = "/a", **more: Any) -> RouteArgs:
    return {"method": method, "path": path, "function": ALIAS, **more}  # type: ignore[typeddict-item]


def api(*routes: RouteArgs, preview: bool = False, **more: Any) -> Deployment:
    args: Any = {"delivery_stream_arn": STREAM, "routes": list(routes), **more}
    return deploy(lambda: MeteredApi("api", args), preview=preview)


def trigger(deployment: Deployment) -> str:
    digest: str = deployment.one("Deployment").inputs["triggers"]["contents"]
    return digest
