"""Cognito of the embedded AWS: user pools whose clients may read and write what they may on AWS.

ministack keeps pools, clients and users and signs the tokens. Added here: the clients' lists of attributes, the pools'
schemas, sign-up by administrators only, names that are one user's whatever their case, and one call for tests that
issues an expired token.

The code that confirms a sign-up is always `123456`: nothing sends mail here.
"""

from embedded_aws.cognito import attributes, expired_token, usernames
from embedded_aws.server import EmbeddedAws


def install(aws: EmbeddedAws) -> None:
    """Put this part in place."""
    attributes.install()
    usernames.install()
    aws.app = expired_token.answering(aws.app)
