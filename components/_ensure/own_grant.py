"""A grant that whoever deploys makes to itself, for as long as a statement takes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from components._ensure._provider import Client
from components._ensure._wait import Patience, code_of, retry
from components._ensure.grants import WAIT_SECONDS, lacking, wait_until_granted


@contextmanager
def granted(
    lakeformation: Client,
    principal: str,
    resource: dict[str, Any],
    permissions: Sequence[str],
    patience: Patience | None = None,
) -> Iterator[None]:
    """Let the principal do these things with the resource inside the `with`; what it could before, it can after.

    An administrator may grant itself everything, and administers without being able to read.

    Args:
        lakeformation: client that acts as an administrator.
        principal: ARN of whoever is to have the permissions.
        resource: a `Database` or `Table` in Lake Formation's form.
        permissions: names of the permissions.
        patience: how long Lake Formation may take for the grant.
    """
    patience = patience or Patience(f"Lake Formation grants to {principal}", WAIT_SECONDS)
    added = lacking(lakeformation, principal, {"resource": resource, "permissions": permissions})
    request = {
        "Principal": {"DataLakePrincipalIdentifier": principal},
        "Resource": resource,
        "Permissions": added,
    }
    if added:
        retry(lambda: lakeformation.grant_permissions(**request), _is_early, patience)
    try:
        wait_until_granted(lakeformation, principal, [{"resource": resource, "permissions": permissions}], patience)
        yield
    finally:
        if added:
            _revoke(lakeformation, request, patience)


def _revoke(lakeformation: Client, request: dict[str, Any], patience: Patience) -> None:
    try:
        retry(lambda: lakeformation.revoke_permissions(**request), _is_early, patience)
    except ClientError as error:
        if code_of(error) != "InvalidInputException" or "No permissions revoked" not in str(error):
            raise


def _is_early(error: ClientError) -> bool:
    """Tell whether somebody else grants at this moment."""
    return code_of(error) == "ConcurrentModificationException"
