"""What a service of the embedded AWS answers when it refuses a call."""

from typing import Any

from embedded_aws import hooks

_RESPONSES = hooks.use("ministack.core.responses", "error_response_json")


class RefusedCallError(Exception):
    """A call is refused; carries AWS's error code and HTTP status."""

    code: str
    status = 400

    def response(self) -> Any:
        """Give the answer on the wire."""
        return _RESPONSES.error_response_json(self.code, str(self), self.status)
