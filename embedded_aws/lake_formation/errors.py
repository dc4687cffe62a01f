"""What Lake Formation answers when it refuses a call, and what services answer for it when a permission is missing."""


class LakeFormationError(Exception):
    """A call to Lake Formation is refused: its error code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class InsufficientPermissionsError(Exception):
    """A principal lacks a permission of Lake Formation; worded as Glue words it."""

    def __init__(self, permission: str, name: str) -> None:
        super().__init__(f"Insufficient Lake Formation permission(s): Required {_words(permission)} on {name}")
        self.permission, self.name = permission, name


class NoCredentialsError(Exception):
    """Lake Formation has no credentials to hand out for a table: its registration, or that one's role, is lacking."""


def invalid(message: str) -> LakeFormationError:
    """Make an InvalidInputException."""
    return LakeFormationError("InvalidInputException", message)


def _words(permission: str) -> str:
    return permission.replace("_", " ").title()
