"""To whom permissions are granted, and by which names a caller is found among them."""

import re

from embedded_aws import iam
from embedded_aws.lake_formation import store
from embedded_aws.lake_formation.errors import invalid

EVERYBODY = "IAM_ALLOWED_PRINCIPALS"
"""Everybody whom IAM allows: a grant to it leaves the decision to IAM."""
_ACCOUNT = re.compile(r"\d{12}")
_OF_IAM = re.compile(r"arn:[a-z-]+:iam::\d{12}:(root|(role|user)/.+)")


def names_of(principal: iam.Principal) -> set[str]:
    """Give the identifiers under which a principal may have been granted something."""
    return {iam.identity(principal), EVERYBODY, f"{principal.account}:IAMPrincipals"}


def check(identifier: str) -> None:
    """Refuse an identifier that names nobody.

    Raises:
        LakeFormationError: it is of no known form, or no such role or user is in this account.
    """
    account, _ = store.scope()
    if identifier in {EVERYBODY, f"{account}:IAMPrincipals"} or _ACCOUNT.fullmatch(identifier):
        return
    foreign = identifier.split(":")[4:5] != [account]
    if not _OF_IAM.fullmatch(identifier) or not (foreign or iam.exists(identifier)):
        raise invalid(f"Invalid principal, {identifier}")
