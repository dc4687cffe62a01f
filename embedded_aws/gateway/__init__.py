"""API Gateway of the embedded AWS."""

from embedded_aws.server import EmbeddedAws


def invoke_url(aws_url: str, api_id: str, stage: str) -> str:
    """Give a stage's invoke address on loopback, without a trailing slash."""
    return f"{aws_url}/_aws/execute-api/{api_id}/{stage}"


def install(aws: EmbeddedAws) -> None:
    """Put this part in place."""
