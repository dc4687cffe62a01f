"""The customer's view: what `GET /usage` says of a tenant's month."""

import json
from collections.abc import Sequence
from typing import Any

import urllib3

from tools import people
from tools.outputs import StackOutputs


class UsageViewError(RuntimeError):
    """`GET /usage` did not answer as it should; the message says what it answered."""


def of_tenants(outputs: StackOutputs, tenants: Sequence[str], period: str, run_id: str) -> dict[str, dict[str, Any]]:
    """Ask as a user of each tenant; the users are gone afterwards.

    Args:
        outputs: the stack.
        tenants: whose usage is asked for.
        period: such as `2026-11`.
        run_id: stands in the users' e-mail addresses.

    Returns:
        The answers, by tenant.

    Raises:
        UsageViewError: an answer is none of the route's.
    """
    with people.signed_in(outputs, tenants, 1, run_id) as users:
        return {user.tenant: of_user(outputs, user, period) for user in users}


def of_user(outputs: StackOutputs, user: people.User, period: str) -> dict[str, Any]:
    """Ask as a user.

    Raises:
        UsageViewError: the answer is none of the route's.
    """
    url = f"{outputs.rest_api_url}/usage?period={period}"
    answer = urllib3.request("GET", url, headers={"Authorization": user.id_token}, timeout=60)
    if answer.status != 200:  # noqa: PLR2004 - HTTP's own number
        raise UsageViewError(f"GET {url}: {answer.status} {answer.data.decode(errors='replace')}")
    content: dict[str, Any] = json.loads(answer.data)
    return content
