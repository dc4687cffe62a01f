"""Pulumi's assets and archives as bytes: the same bytes for the same contents, whenever and wherever."""

import io
import zipfile
from functools import lru_cache
from pathlib import Path

from pulumi import Archive, Asset, AssetArchive, FileArchive, FileAsset, StringAsset

from embedded_aws.engine.errors import ResourceError

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time that a zip can hold
_READABLE = 0o644 << 16


def asset_bytes(asset: Asset, folder: Path) -> bytes:
    """Read an asset; a relative path starts at the folder.

    Raises:
        ResourceError: a remote asset, which the embedded AWS does not fetch.
    """
    if isinstance(asset, StringAsset):
        return asset.text.encode()
    if isinstance(asset, FileAsset):
        return (folder / asset.path).read_bytes()
    raise ResourceError(f"{type(asset).__name__} is not supported by the embedded AWS: it reaches no other host")


def zip_bytes(archive: Archive, folder: Path) -> bytes:
    """Write an archive as a zip: entries sorted, without times, all readable.

    Raises:
        ResourceError: a remote archive, or a file that is no zip.
    """
    if isinstance(archive, FileArchive) and (folder / archive.path).is_file():
        path = folder / archive.path
        if not zipfile.is_zipfile(path):
            raise ResourceError(f"FileArchive({archive.path!r}) must be a folder or a zip")
        return path.read_bytes()
    return _zip(tuple(sorted(_entries(archive, folder).items())))


@lru_cache(maxsize=8)  # a program has many functions of the same code, and is deployed again and again
def _zip(entries: tuple[tuple[str, bytes], ...]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, content in entries:
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = _READABLE
            file.writestr(entry, content)
    return buffer.getvalue()


def _entries(archive: Archive, folder: Path) -> dict[str, bytes]:
    if isinstance(archive, AssetArchive):
        entries: dict[str, bytes] = {}
        for name, asset in archive.assets.items():
            if isinstance(asset, Archive):
                entries |= {f"{name}/{inner}": content for inner, content in _entries(asset, folder).items()}
            else:
                entries[name] = asset_bytes(asset, folder)
        return entries
    if isinstance(archive, FileArchive):
        root = folder / archive.path
        if not root.is_dir():
            raise ResourceError(f"FileArchive({archive.path!r}): there is no such folder in {folder}")
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    raise ResourceError(f"{type(archive).__name__} is not supported by the embedded AWS: it reaches no other host")
