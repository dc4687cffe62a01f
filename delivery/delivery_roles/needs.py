"""What IAM actions a thing needs of whoever deploys it: those that look at it, and those that change it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Needs:
    """Actions of IAM, such as `s3:GetBucketPolicy`, and where they apply."""

    read: frozenset[str]
    """What a preview or a look for drift calls."""
    write: frozenset[str]
    """What `up` calls on top."""
    scope: str | None = None
    """Key of the ARNs that the actions apply to; None: those of each action's service, or everything, where AWS knows
    no resource to name."""


def needs(service: str, *, read: str = "", write: str = "", scope: str | None = None) -> Needs:
    """Return what is needed of one service, its actions given as words without the service's prefix."""
    return Needs(
        read=frozenset(f"{service}:{action}" for action in read.split()),
        write=frozenset(f"{service}:{action}" for action in write.split()),
        scope=scope,
    )


def passes_role() -> Needs:
    """Return what it takes to hand a role of the program to a service of AWS."""
    return needs("iam", write="PassRole", scope="passed-roles")


def actions_by_scope(all_needs: Iterable[Needs], *, write: bool) -> Mapping[str | None, frozenset[str]]:
    """Return the actions by where they apply.

    Args:
        all_needs: of everything that a role deploys.
        write: whether those that change something are among them.
    """
    found: dict[str | None, set[str]] = {}
    for one in all_needs:
        for action in _wanted(one, write=write):
            found.setdefault(one.scope, set()).add(action)
    return {scope: frozenset(actions) for scope, actions in found.items()}


def _wanted(one: Needs, *, write: bool) -> Iterator[str]:
    yield from one.read
    if write:
        yield from one.write
