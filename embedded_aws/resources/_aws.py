"""Clients, account facts and the reading of `not found` that all creators share."""

import threading
import weakref
from collections.abc import Callable, Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError

_lock = threading.Lock()  # boto3 sessions are not thread-safe while they make a client; clients are
_clients: weakref.WeakKeyDictionary[boto3.Session, dict[str, Any]] = weakref.WeakKeyDictionary()
_accounts: weakref.WeakKeyDictionary[boto3.Session, str] = weakref.WeakKeyDictionary()


def client(session: boto3.Session, service: str) -> Any:
    """Give the session's client of a service; it is made once, from whichever thread comes first."""
    with _lock:
        made = _clients.setdefault(session, {})
        if service not in made:
            made[service] = session.client(service)
        return made[service]


def account(session: boto3.Session) -> str:
    """The account that the session acts in."""
    if session not in _accounts:
        _accounts[session] = client(session, "sts").get_caller_identity()["Account"]
    return _accounts[session]


def partition(session: boto3.Session) -> str:
    """The partition of the session's Region, such as `aws`."""
    return str(client(session, "sts").meta.partition)


def arn(session: boto3.Session, service: str, resource: str, *, with_account: bool = True) -> str:
    """Compose the ARN of a resource in the session's Region."""
    owner = account(session) if with_account else ""
    return f"arn:{partition(session)}:{service}:{session.region_name}:{owner}:{resource}"


def found(call: Callable[..., Any], *codes: str, **params: Any) -> Any:
    """Call AWS; give None where it answers with one of the error codes that mean `gone`."""
    try:
        return call(**params)
    except ClientError as error:
        if error.response["Error"]["Code"] in codes:
            return None
        raise


def tags(given: Mapping[str, str], *, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """Write tags as the list of pairs that most services take."""
    return [{key: name, value: text} for name, text in sorted(given.items())]


def tag_outputs(pairs: Any, *, key: str = "Key", value: str = "Value") -> dict[str, dict[str, str]]:
    """Give `tags` and `tagsAll` from what AWS answered, a list of pairs or a map."""
    read = dict(pairs or {}) if not isinstance(pairs, list) else {pair[key]: pair[value] for pair in pairs}
    return {"tags": read, "tagsAll": read} if read else {"tagsAll": {}}


def retag(
    olds: Mapping[str, Any],
    news: Mapping[str, str],
    put: Callable[[dict[str, str]], Any],
    remove: Callable[[list[str]], Any],
) -> None:
    """Bring tags from what they were to what they shall be."""
    before = olds.get("tagsAll") or {}
    if gone := sorted(set(before) - set(news)):
        remove(gone)
    if changed := {name: text for name, text in news.items() if before.get(name) != text}:
        put(changed)
