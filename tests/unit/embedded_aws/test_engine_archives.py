"""Archives as zips: the same bytes for the same contents."""

import io
import os
import zipfile
from pathlib import Path

import pytest
from pulumi import AssetArchive, FileArchive, FileAsset, RemoteArchive, RemoteAsset, StringAsset

from embedded_aws.engine import ResourceError
from embedded_aws.engine.archives import zip_bytes


def contents(zipped: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(zipped)) as file:
        return {name: file.read(name) for name in file.namelist()}


def test_an_archive_of_assets_and_archives(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("a")
    (tmp_path / "folder" / "deep").mkdir(parents=True)
    (tmp_path / "folder" / "deep" / "b.py").write_text("b")
    archive = AssetArchive(
        {
            "z.txt": StringAsset("é"),
            "a.py": FileAsset("a.py"),
            "inner": FileArchive("folder"),
            "more": AssetArchive({"c.py": StringAsset("c")}),
        }
    )
    zipped = zip_bytes(archive, tmp_path)
    assert contents(zipped) == {"a.py": b"a", "inner/deep/b.py": b"b", "more/c.py": b"c", "z.txt": "é".encode()}
    assert list(contents(zipped)) == ["a.py", "inner/deep/b.py", "more/c.py", "z.txt"]


def test_neither_times_nor_order_nor_modes_change_the_bytes(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("a")
    first = zip_bytes(AssetArchive({"b": StringAsset("b"), "a": FileAsset(str(file))}), tmp_path)
    os.utime(file, (1, 1))
    file.chmod(0o600)
    assert zip_bytes(AssetArchive({"a": FileAsset(str(file)), "b": StringAsset("b")}), tmp_path) == first
    with zipfile.ZipFile(io.BytesIO(first)) as zipped:
        assert {entry.external_attr >> 16 for entry in zipped.infolist()} == {0o644}


def test_a_zip_is_taken_as_it_is(tmp_path: Path) -> None:
    zipped = zip_bytes(AssetArchive({"a": StringAsset("a")}), tmp_path)
    (tmp_path / "a.zip").write_bytes(zipped)
    assert zip_bytes(FileArchive("a.zip"), tmp_path) == zipped


@pytest.mark.parametrize(
    ("archive", "message"),
    [
        (RemoteArchive("https://example.com/a.zip"), "RemoteArchive is not supported"),
        (AssetArchive({"a": RemoteAsset("https://example.com/a")}), "RemoteAsset is not supported"),
        (FileArchive("missing"), "there is no such folder"),
        (FileArchive("text"), "must be a folder or a zip"),
    ],
)
def test_what_cannot_be_zipped_is_named(tmp_path: Path, archive: AssetArchive, message: str) -> None:
    (tmp_path / "text").write_text("no zip")
    with pytest.raises(ResourceError, match=message):
        zip_bytes(archive, tmp_path)
