"""What the policy pack is shown of this program is what the program registers."""

import json
import pathlib

from pulumi.runtime.rpc import UNKNOWN

from tests.unit.components.harness import Deployment
from tests.unit.policy.record import LEFT_OUT, RECORDINGS, show, write


def test_every_registration_is_shown_once(program: Deployment) -> None:
    shown = show()
    registered = sorted((record.typ, record.name) for record in program.records)
    of_stack = ("pulumi:pulumi:Stack", "saas-metering-test")
    assert sorted((one["type"], one["name"]) for one in shown) == sorted([*registered, of_stack])
    assert len({one["urn"] for one in shown}) == len(shown)


def test_options_and_dependencies_are_shown() -> None:
    shown = {one["name"]: one for one in show()}
    urn = {name: one["urn"] for name, one in shown.items()}
    policy = shown["lake-results-policy"]
    assert policy["parent"] == urn["lake"]
    assert policy["dependencies"] == sorted([urn["lake-results"], urn["lake-results-access-block"]])
    assert policy["propertyDependencies"] == {"bucket": [urn["lake-results"]], "policy": [urn["lake-results"]]}
    assert policy["inputs"]["bucket"] == policy["outputs"]["bucket"] == "lake-results-0000"
    table = shown["lake-table-api-requests"]
    assert (table["protect"], table["ignoreChanges"]) == (True, ["icebergMetadata"])
    assert table["outputs"]["tableArn"].endswith("/table/uuid-of-api_requests")


def test_a_preview_shows_what_is_unknown_as_the_engine_does() -> None:
    (policy,) = [one for one in show(preview=True) if one["name"] == "lake-results-policy"]
    assert policy["inputs"] == policy["outputs"] == {"bucket": UNKNOWN, "policy": UNKNOWN}


def test_recordings_are_files_without_code(tmp_path: pathlib.Path) -> None:
    write(tmp_path)
    assert sorted(file.stem for file in tmp_path.iterdir()) == sorted(RECORDINGS)
    for file in tmp_path.iterdir():
        resources = json.loads(file.read_text())
        assert [one["name"] for one in resources if LEFT_OUT & set(one["inputs"])] == []
