"""The code of the Lambda functions as an archive whose hash moves only when a source file does."""

import pathlib
from collections.abc import Mapping

import pulumi

from components._lambda_src import LAMBDA_SRC

SUFFIXES = (".css", ".html", ".js", ".py")
"""Of the files that the functions' code is: the portal's page is not in Python."""


def lambda_archive(root: pathlib.Path = LAMBDA_SRC, texts: Mapping[str, str] | None = None) -> pulumi.AssetArchive:
    """Return the code's files below the folder, by path from there, sorted, and further files by path and text.

    A `FileArchive` of the folder would take byte code and editors' files along, and change its hash for no reason.
    """
    files = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.suffix in SUFFIXES)
    code: dict[str, pulumi.Asset | pulumi.Archive] = {file: pulumi.FileAsset(str(root / file)) for file in files}
    return pulumi.AssetArchive(code | {path: pulumi.StringAsset(text) for path, text in sorted((texts or {}).items())})
