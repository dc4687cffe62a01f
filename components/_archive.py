"""The code of the Lambda functions as an archive whose hash moves only when a source file does."""

import pathlib
from collections.abc import Mapping

import pulumi

from components._lambda_src import LAMBDA_SRC


def lambda_archive(root: pathlib.Path = LAMBDA_SRC, texts: Mapping[str, str] | None = None) -> pulumi.AssetArchive:
    """Return every `.py` file below the folder, by its path from there, sorted, and further files by path and text.

    A `FileArchive` of the folder would take byte code and editors' files along, and change its hash for no reason.
    """
    files = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.py"))
    code: dict[str, pulumi.Asset | pulumi.Archive] = {file: pulumi.FileAsset(str(root / file)) for file in files}
    return pulumi.AssetArchive(code | {path: pulumi.StringAsset(text) for path, text in sorted((texts or {}).items())})
