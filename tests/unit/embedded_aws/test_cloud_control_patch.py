import pytest

from embedded_aws.cloud_control import patch
from embedded_aws.cloud_control.patch import PatchError

TABLE = {"Compaction": {"Status": "enabled", "TargetFileSizeMB": 512}, "Tags": [{"Key": "a", "Value": "1"}]}

CHANGES = {
    "replace": (
        [{"op": "replace", "path": "/Compaction/Status", "value": "disabled"}],
        ["Compaction", "Status"],
        "disabled",
    ),
    "add a key": ([{"op": "add", "path": "/Compaction/New~1Key", "value": 1}], ["Compaction", "New/Key"], 1),
    "append": ([{"op": "add", "path": "/Tags/-", "value": 2}], ["Tags"], [{"Key": "a", "Value": "1"}, 2]),
    "insert": ([{"op": "add", "path": "/Tags/0", "value": 2}], ["Tags"], [2, {"Key": "a", "Value": "1"}]),
    "remove from a list": ([{"op": "remove", "path": "/Tags/0"}], ["Tags"], []),
    "copy": ([{"op": "copy", "from": "/Tags/0/Key", "path": "/Tags/0/Value"}], ["Tags", 0, "Value"], "a"),
    "move": ([{"op": "move", "from": "/Tags/0", "path": "/Tag"}], ["Tag"], {"Key": "a", "Value": "1"}),
    "test and go on": (
        [{"op": "test", "path": "/Tags/0/Key", "value": "a"}, {"op": "remove", "path": "/Tags/0/Key"}],
        ["Tags"],
        [{"Value": "1"}],
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_patch_changes_a_copy(name: str) -> None:
    operations, path, expected = CHANGES[name]
    before = repr(TABLE)
    found = patch.apply(TABLE, operations)
    for key in path:
        found = found[key]
    assert found == expected
    assert repr(TABLE) == before


REFUSED = {
    "no list": ({"op": "remove", "path": "/Tags"}, "PatchDocument must be a JSON array of operations"),
    "no path": ([{"op": "remove"}], "{'op': 'remove'} is no operation on a path that begins with /"),
    "missing key": ([{"op": "remove", "path": "/Tags/0/Nope"}], "path /Tags/0/Nope: there is no 'Nope'"),
    "past the end": ([{"op": "add", "path": "/Tags/2", "value": 1}], "path /Tags/2: there is no '2'"),
    "failed test": ([{"op": "test", "path": "/Tags/0/Key", "value": "b"}], "test /Tags/0/Key: is 'a', not 'b'"),
    "unknown operation": ([{"op": "merge", "path": "/Tags"}], "'merge' is no operation of JSON Patch"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_patch_that_does_not_fit_is_refused(name: str) -> None:
    operations, message = REFUSED[name]
    with pytest.raises(PatchError) as caught:
        patch.apply(TABLE, operations)
    assert str(caught.value) == message


def test_paths_are_what_changes() -> None:
    operations = [
        {"op": "test", "path": "/A", "value": 1},
        {"op": "move", "from": "/B/x", "path": "/C"},
        {"op": "remove", "path": "/D~0E"},
    ]
    assert patch.paths(operations) == [["C"], ["D~E"], ["B", "x"]]
