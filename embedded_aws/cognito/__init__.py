"""Cognito of the embedded AWS."""

from embedded_aws.server import EmbeddedAws


def install(aws: EmbeddedAws) -> None:
    """Put this part in place."""
