"""Reading stack configuration key by key, collecting what is wrong instead of stopping at the first fault."""

import json
import re
from collections.abc import Iterator

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env

from components._rules import Bounds, Rule, limits, within


def all_keys() -> list[str]:
    """Return every configured key, with its namespace, sorted.

    `pulumi.Config` cannot list keys, so this looks where it looks: in the configuration set in this process, and in
    what the engine hands to the language host.
    """
    return sorted({*CONFIG.get(), *get_config_env()})


class ConfigReader:
    """Typed access to one namespace of the configuration; `errors` holds one line per value that breaks a rule.

    A value that breaks its rule is replaced by its default, so that reading goes on and finds the next fault.
    """

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self.errors: list[str] = []
        self.rejected: set[str] = set()
        """Keys whose values break a rule."""
        self._config = pulumi.Config(namespace)
        self._known: set[str] = set()

    def reject(self, key: str, rule: str, value: object) -> None:
        """Note that the value of a key breaks a rule."""
        self.rejected.add(key)
        self.errors.append(f"{self.namespace}:{key}: {rule}, got {value!r}")

    def text(self, key: str, default: str, rule: Rule | None = None) -> str:
        """Read a text that keeps the rule, if there is one."""
        value = self._get(key)
        if value is None:
            return default
        if rule is None or rule.holds(value):
            return value
        self.reject(key, rule.says, value)
        return default

    def integer(self, key: str, default: int, bounds: Bounds) -> int:
        """Read a whole number that keeps its bounds."""
        value = self._get(key)
        if value is None:
            return default
        if re.fullmatch(r"-?[0-9]{1,9}", value) and within(int(value), bounds):
            return int(value)
        self.reject(key, f"must be a whole number {limits(bounds)}", value)
        return default

    def one_of(self, key: str, default: int, allowed: tuple[int, ...]) -> int:
        """Read one of some whole numbers."""
        value = self._get(key)
        if value is None:
            return default
        if value in map(str, allowed):
            return int(value)
        self.reject(key, f"must be one of {', '.join(map(str, allowed))}", value)
        return default

    def boolean(self, key: str, default: bool) -> bool:
        """Read `true` or `false`."""
        value = self._get(key)
        if value is None:
            return default
        if value.lower() in ("true", "false"):
            return value.lower() == "true"
        self.reject(key, "must be true or false", value)
        return default

    def texts(self, key: str, rule: Rule) -> tuple[str, ...]:
        """Read a list of texts that each keep the rule; none if the key is not set."""
        value = self._get(key)
        if value is None:
            return ()
        try:
            items = json.loads(value)
        except (ValueError, RecursionError):
            items = None
        if isinstance(items, list) and all(isinstance(item, str) and rule.holds(item) for item in items):
            return tuple(items)
        self.reject(key, f"must be a list, each item {rule.says}", value)
        return ()

    def unknown_keys(self) -> Iterator[str]:
        """Yield the configured keys of this namespace that nobody has read."""
        for key in all_keys():
            namespace, _, name = key.partition(":")
            if namespace == self.namespace and name not in self._known:
                yield name

    def _get(self, key: str) -> str | None:
        """Return the key's value as the text that the engine hands on: `true`, `5`, JSON for lists."""
        self._known.add(key)
        value = self._config.get(key)
        if value is None or isinstance(value, str):
            return value
        return json.dumps(value)
