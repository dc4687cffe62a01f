"""API Gateway of the embedded AWS: REST APIs that are served as AWS serves them, and logged as it logs them.

ministack keeps the APIs and walks a request through authorizer, throttling and integration. Added here: deployments
that are copies, ID tokens only, the permission to invoke a function, AWS's limits and errors, request ids, access logs
and metrics.
"""

from embedded_aws.gateway import data_plane, deployments, integration, lost_lines, patches, stages, tokens
from embedded_aws.gateway.delivery import LOST
from embedded_aws.server import EmbeddedAws

__all__ = ["LOST", "install", "invoke_url"]


def invoke_url(aws_url: str, api_id: str, stage: str) -> str:
    """Give a stage's invoke address on loopback, without a trailing slash.

    Args:
        aws_url: `url` of the embedded AWS.
        api_id: the REST API.
        stage: the stage's name.
    """
    return f"{aws_url}/_aws/execute-api/{api_id}/{stage}"


def install(aws: EmbeddedAws) -> None:
    """Put this part in place; at the stop it lets no request in, and lets those that are in write their lines."""
    patches.install()
    deployments.install()
    stages.install()
    integration.install()
    tokens.install()
    data_plane.install()
    lost_lines.install(aws)
    aws.before_stop.callback(data_plane.GATE.close)
