"""The catalog of meters and plans: read from YAML, checked before anything is made, shipped as JSON."""

import json
from typing import Any

import yaml

from components import _lambda_src
from metering import records
from rating.catalog import canonical_json, parse_catalog
from rating.form import FormError

ROOT = _lambda_src.LAMBDA_SRC.parent
"""The project's folder: a catalog's path starts there."""
CATALOG_FILE = "catalog.json"
"""The catalog in the zip of a function that goes by it."""


class CatalogError(ValueError):
    """A catalog cannot be billed by.

    Attributes:
        problems: every fault, with its path in the file if it has one.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


def read_catalog(file: str) -> str:
    """Return a YAML file's catalog as canonical JSON.

    Args:
        file: path from the project's folder.

    Raises:
        CatalogError: the file is not there, is no YAML, has a key twice, or what it says is no catalog.
    """
    try:
        text = (ROOT / file).read_text(encoding="utf-8")
        value = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader that is stricter still
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogError([f"must be a file of text, from the folder of Pulumi.yaml on: {error}"]) from error
    except yaml.YAMLError as error:
        raise CatalogError([f"must be YAML: {_told(error)}"]) from error
    return _checked(value)


def check_catalog(field: str, text: str) -> None:
    """Hold a catalog, as JSON text, to its form.

    Raises:
        ValueError: it breaks it; the message names the field and every fault with its path.
    """
    try:
        _checked(json.loads(text))
    except json.JSONDecodeError as error:
        raise ValueError(f"{field}: must be JSON: {error}") from error
    except CatalogError as error:
        raise ValueError(f"{field}: {error}") from error


def _checked(value: Any) -> str:
    try:
        parse_catalog(value, records.TABLES)
    except FormError as error:
        raise CatalogError(list(error.problems)) from error
    return canonical_json(value)


class _Loader(yaml.SafeLoader):
    """Refuses a key that is there twice, of which YAML's own loader keeps the last without a word."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in seen:
                problem = f"a key may be there once, got {key.value!r} again"
                raise yaml.composer.ComposerError(None, None, problem, key.start_mark)
            seen.add(key.value)
        return node


def _told(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        said = " ".join(part for part in (error.context, error.problem) if part)
        return f"line {error.problem_mark.line + 1}: {said}"
    return " ".join(str(error).split())
