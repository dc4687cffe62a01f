"""Why a usage cannot be rated."""


class UsageError(ValueError):
    """A usage is impossible, or does not say what its price asks for; the message begins with the key."""
