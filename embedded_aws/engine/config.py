"""A project's and a stack's files, read as Pulumi's CLI reads them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from embedded_aws.engine.errors import ConfigError

_KINDS: dict[str, type | tuple[type, ...]] = {"boolean": bool, "integer": int, "array": list, "object": dict}
_ACCOUNT_KEYS = (
    "accessKey",
    "allowedAccountIds",
    "assumeRoleWithWebIdentity",
    "assumeRoles",
    "customCaBundle",
    "endpoints",
    "forbiddenAccountIds",
    "httpProxy",
    "httpsProxy",
    "profile",
    "region",
    "secretKey",
    "sharedConfigFiles",
    "sharedCredentialsFiles",
    "token",
)
"""Keys of `aws:` that say which account is deployed to and how it is reached: here always the embedded AWS."""


@dataclass(frozen=True)
class Project:
    """A Pulumi project and one stack's configuration.

    Attributes:
        config: `namespace:key` -> text, as the engine hands it to programs and providers; defaults applied.
    """

    folder: Path
    name: str
    stack: str
    main: Path
    config: Mapping[str, str]


def read_project(folder: Path, stack: str, *, region: str, overrides: Mapping[str, str] | None = None) -> Project:
    """Read `Pulumi.yaml` and `Pulumi.<stack>.yaml`.

    Args:
        folder: where the files are.
        stack: name of the stack; one without a file has the defaults.
        region: the embedded AWS's. It stands as `aws:region` whatever the files say, and the keys that choose an
            account and its credentials are left out, so that a stack meant for a real account deploys here unchanged.
        overrides: `namespace:key` -> text that goes above the files.

    Raises:
        ConfigError: a file is missing or no YAML; a value does not have its declared type; a required key is missing.
    """
    declared = _yaml(folder / "Pulumi.yaml")
    name = str(declared["name"])
    file = folder / f"Pulumi.{stack}.yaml"
    given = _yaml(file).get("config") or {} if file.exists() else {}
    runtime = declared.get("runtime")
    if (runtime.get("name") if isinstance(runtime, dict) else runtime) != "python":
        raise ConfigError(f"{folder / 'Pulumi.yaml'}: runtime must be python, got {runtime!r}")

    values: dict[str, Any] = {_full(name, key): value for key, value in given.items()}
    errors = [f"{key} is encrypted: the embedded AWS has no key" for key in values if _encrypted(values[key])]
    values.update(overrides or {})
    errors += _declare(values, declared.get("config") or {}, name, stack)
    if errors:
        raise ConfigError("\n".join(errors))
    for key in _ACCOUNT_KEYS:
        if f"aws:{key}" not in (overrides or {}):
            values.pop(f"aws:{key}", None)
    values["aws:region"] = region
    main = folder / str(declared.get("main", ""))
    return Project(
        folder=folder,
        name=name,
        stack=stack,
        main=main / "__main__.py" if main.is_dir() else main,
        config={key: _text(value) for key, value in values.items()},
    )


def _declare(values: dict[str, Any], declarations: Mapping[str, Any], project: str, stack: str) -> list[str]:
    """Apply declared defaults and check declared types; gives what is wrong."""
    errors, missing = [], []
    for key, declaration in declarations.items():
        full = _full(project, key)
        typed = isinstance(declaration, dict) and ("type" in declaration or "default" in declaration)
        if not typed:
            # A value alone: the stack's own wins. With neither type nor value the key is merely described.
            value = declaration.get("value") if isinstance(declaration, dict) else declaration
            if value is not None:
                values.setdefault(full, value)
            continue
        if full not in values:
            if "default" in declaration:
                values[full] = declaration["default"]
            else:
                missing.append(full)
                continue
        kind = declaration.get("type", "string")
        if not _is(values[full], kind, declaration.get("items")):
            errors.append(f"Stack '{stack}' with configuration key '{key}' must be of type '{kind}'")
    if missing:
        errors.append(f"Stack '{stack}' is missing configuration value{'s'[: len(missing) > 1]} {_listed(missing)}")
    return errors


def _is(value: Any, kind: str, items: Mapping[str, Any] | None) -> bool:
    if kind == "string":
        return isinstance(value, str | int | float) and not isinstance(value, bool)
    if isinstance(value, str):  # `pulumi config set` writes everything as text
        try:
            value = json.loads(value)
        except ValueError:
            return False
    if kind == "integer" and isinstance(value, bool):
        return False
    if isinstance(value, list) and kind == "array" and items:
        return all(_is(each, items["type"], items.get("items")) for each in value)
    return isinstance(value, _KINDS[kind])


def _yaml(path: Path) -> dict[str, Any]:
    try:
        read = yaml.safe_load(path.read_text())
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: there is no such file") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: {error}") from error
    return read or {}


def _encrypted(value: Any) -> bool:
    return isinstance(value, dict) and "secure" in value


def _full(project: str, key: str) -> str:
    return key if ":" in key else f"{project}:{key}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _listed(keys: list[str]) -> str:
    return " and ".join(f"'{key}'" for key in keys)
