"""What stops a delivery."""


class DeliveryError(Exception):
    """Nothing was done, or not all; the message says why and what to do."""

    def __init__(self, message: str, code: int = 2) -> None:
        """Tell what is wrong.

        Args:
            message: names the thing, the rule and the value.
            code: exit code of the command; that of Pulumi where Pulumi has told the reason already.
        """
        super().__init__(message)
        self.code = code
