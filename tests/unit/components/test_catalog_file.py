"""The catalog's file: every fault at preview, in one report with the configuration's, by its path or line."""

import json
import pathlib

import pytest

from components import catalog as module
from components.catalog import CatalogError, read_catalog
from metering.records import TABLES
from rating.catalog import canonical_json, parse_catalog
from tests.unit.components.settings_kit import errors

SMALL = "tests/unit/components/catalogs/small.yaml"


@pytest.fixture
def written(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A file to write a catalog to, as `catalog.yaml` of a project."""
    monkeypatch.setattr(module, "ROOT", tmp_path)
    return tmp_path / "catalog.yaml"


def problems(file: pathlib.Path, text: str) -> list[str]:
    file.write_text(text)
    with pytest.raises(CatalogError) as raised:
        read_catalog(file.name)
    return list(raised.value.problems)


def test_the_catalog_is_shipped_as_the_json_that_its_digest_is_of() -> None:
    text = read_catalog(SMALL)
    assert json.loads(text)["plans"]["plain"]["versions"] == [
        {
            "effective_from": "2026-01-01",
            "name": "v1",
            "prices": [{"meter": "calls", "price": {"model": "per_unit", "unit_amount": "0.01"}}],
        }
    ]
    shipped = parse_catalog(json.loads(text), TABLES)
    assert canonical_json(shipped.raw) == text


def test_every_fault_is_told_by_its_path_beside_those_of_the_configuration(written: pathlib.Path) -> None:
    small = (pathlib.Path(__file__).parent / "catalogs" / "small.yaml").read_text()
    written.write_text(small.replace("aggregation: count", "aggregation: average").replace('"0.01"', "0.01"))
    told = errors({"graceHours": "24"})
    assert [line.split(": ")[0] + ": " + line.split(": ")[1] for line in told] == [
        "catalog.yaml: meters.calls.aggregation",
        "catalog.yaml: plans.plain.versions[0].prices[0].price.unit_amount",
        "saas-metering:graceHours: must be a whole number from 25 to 672, got '24'",
    ]


def test_a_key_that_is_there_twice_is_told_by_its_line(written: pathlib.Path) -> None:
    assert problems(written, "meters: {}\nplans:\n  a: {}\n  b: {}\n  a: {}\n") == [
        "must be YAML: line 5: a key may be there once, got 'a' again"
    ]


def test_a_file_that_is_not_there_or_no_text_or_no_yaml_is_told(written: pathlib.Path) -> None:
    assert errors({"catalogFile": "other.yaml"})[0].startswith(
        "other.yaml: must be a file of text, from the folder of Pulumi.yaml on: [Errno 2] No such file or directory"
    )
    assert problems(written, "meters: [") == [
        "must be YAML: line 1: while parsing a flow node expected the node content, but found '<stream end>'"
    ]
    assert problems(written, "? [a]\n: b\n") == [
        "must be YAML: line 1: while constructing a mapping found unhashable key"
    ]
    (problem,) = problems(written, "a: \x01")
    assert problem.startswith("must be YAML: unacceptable character #x0001: special characters are not allowed in")
    written.write_bytes(b"\xff")
    with pytest.raises(CatalogError, match="must be a file of text"):
        read_catalog(written.name)


def test_anchors_and_merges_are_yaml_as_usual(written: pathlib.Path) -> None:
    small = (pathlib.Path(__file__).parent / "catalogs" / "small.yaml").read_text()
    written.write_text(
        small + "  again:\n    <<: {currency: USD, currency_exponent: 2}\n    currency: EUR\n    description: A\n"
        "    versions:\n      - name: v1\n        effective_from: 2026-01-01\n        prices: []\n"
    )
    assert json.loads(read_catalog(written.name))["plans"]["again"]["currency"] == "EUR"
