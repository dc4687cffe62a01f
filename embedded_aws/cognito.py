"""Part of the embedded AWS: put in place by the server."""

from embedded_aws.server import EmbeddedAws


def install(aws: EmbeddedAws) -> None:
    """Put this part in place."""
