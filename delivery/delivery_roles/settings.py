"""The configuration of this program, checked as a whole before anything is made."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from delivery_roles.scopes import PRODUCTS, Names
from delivery_roles.stack_roles import Delivered
from delivery_roles.trust import Repository

_RULES = {
    "repository": (re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+"), "must be OWNER/NAME"),
    "repositoryId": (re.compile(r"[0-9]+"), "must be digits (gh api repos/OWNER/NAME --jq .id)"),
    "ownerId": (re.compile(r"[0-9]+"), "must be digits (gh api repos/OWNER/NAME --jq .owner.id)"),
    "branch": (re.compile(r"[A-Za-z0-9_./-]+"), "must be the name of a branch"),
    "project": (re.compile(r"[A-Za-z0-9_.-]{1,40}"), "must be the name of a Pulumi project, 40 characters at most"),
    "namespace": (re.compile(r"[a-z0-9_]+"), "must be lower-case letters, digits and underscores"),
}
_STACK = re.compile(r"[A-Za-z0-9_.-]{1,18}")
_PRODUCT = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")


@dataclass(frozen=True)
class Settings:
    """What is delivered, and to which stacks of this account and region."""

    repository: Repository
    branch: str
    project: str
    namespace: str
    stacks: tuple[str, ...]
    products: tuple[str, ...]

    def of(self, stack: str) -> Delivered:
        """Return what the roles of a stack are for."""
        names = Names(project=self.project, stack=stack, namespace=self.namespace, products=self.products)
        return Delivered(repository=self.repository, branch=self.branch, names=names)


def read_settings() -> Settings:
    """Read the configuration.

    Raises:
        pulumi.RunError: it breaks rules; the message names each key, its rule and the value.
    """
    config = pulumi.Config()
    defaults = {"branch": "main", "project": "saas-metering", "namespace": "metering"}
    texts = {key: config.get(key) or defaults.get(key, "") for key in _RULES}
    stacks = _list(config, "stacks", ("dev",))
    products = _list(config, "products", PRODUCTS)
    errors = [
        f"{key}: {rule}, got {texts[key]!r}"
        for key, (pattern, rule) in _RULES.items()
        if not pattern.fullmatch(texts[key])
    ]
    errors += _wrong("stacks", stacks, _STACK, "must be names of stacks, 18 characters at most")
    errors += _wrong("products", products, _PRODUCT, "must be names of functions in __main__.py, without `*`")
    if errors:
        raise pulumi.RunError("configuration:\n" + "\n".join(errors))
    owner, _, name = texts["repository"].partition("/")
    return Settings(
        repository=Repository(owner=owner, name=name, owner_id=texts["ownerId"], id=texts["repositoryId"]),
        branch=texts["branch"],
        project=texts["project"],
        namespace=texts["namespace"],
        stacks=tuple(map(str, stacks)),
        products=tuple(map(str, products)),
    )


def _list(config: pulumi.Config, key: str, default: Sequence[str]) -> Sequence[object]:
    value = config.get_object(key)
    if value is None:
        return default
    return value if isinstance(value, list) else [value]


def _wrong(key: str, values: Sequence[object], pattern: re.Pattern[str], rule: str) -> list[str]:
    if not values or len(set(map(str, values))) != len(values):
        return [f"{key}: must be a list without repetitions, not an empty one, got {list(values)!r}"]
    return [
        f"{key}: {rule}, got {value!r}" for value in values if not (isinstance(value, str) and pattern.fullmatch(value))
    ]
