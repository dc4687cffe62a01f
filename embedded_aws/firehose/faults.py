"""What Firehose answers when it refuses a call."""

from typing import Any

from embedded_aws import hooks

_RESPONSES = hooks.use("ministack.core.responses", "error_response_json")


class FirehoseError(Exception):
    """A call is refused; carries AWS's error code and HTTP status."""

    code = "InvalidArgumentException"
    status = 400

    def response(self) -> Any:
        """Give the answer on the wire."""
        return _RESPONSES.error_response_json(self.code, str(self), self.status)


class InvalidArgumentError(FirehoseError):
    """An argument breaks one of Firehose's own rules."""


class ConstraintError(FirehoseError):
    """An argument breaks a constraint of the API's model."""

    code = "ValidationException"


class NoSuchStreamError(FirehoseError):
    """There is no stream of that name."""

    code = "ResourceNotFoundException"


class StreamBusyError(FirehoseError):
    """The stream is in no state for this call."""

    code = "ResourceInUseException"


class UnavailableError(FirehoseError):
    """A record is not accepted, since it would not be delivered."""

    code = "ServiceUnavailableException"
    status = 503


def unsupported(what: str) -> InvalidArgumentError:
    """Refuse what AWS can do and the embedded AWS cannot, rather than accept it and do something else."""
    return InvalidArgumentError(f"The embedded AWS does not support this of Firehose: {what}")
