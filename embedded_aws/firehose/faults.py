"""What Firehose answers when it refuses a call."""

from embedded_aws.refusals import RefusedCallError


class InvalidArgumentError(RefusedCallError):
    """An argument breaks one of Firehose's own rules."""

    code = "InvalidArgumentException"


class NoSuchStreamError(RefusedCallError):
    """There is no stream of that name."""

    code = "ResourceNotFoundException"


class StreamBusyError(RefusedCallError):
    """The stream is in no state for this call."""

    code = "ResourceInUseException"


class UnavailableError(RefusedCallError):
    """A record is not accepted, since it would not be delivered."""

    code = "ServiceUnavailableException"
    status = 503


def unsupported(what: str) -> InvalidArgumentError:
    """Refuse what AWS can do and the embedded AWS cannot, rather than accept it and do something else."""
    return InvalidArgumentError(f"The embedded AWS does not support this of Firehose: {what}")
