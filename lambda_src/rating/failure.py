"""Why a usage cannot be rated."""


class UsageError(ValueError):
    """A usage is impossible, or does not say what its price asks for; the message begins with the key."""


class TermsError(ValueError):
    """A tenant's terms cannot be told: a subscription names what the catalog does not have."""
