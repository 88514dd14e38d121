"""Makes the zip that the emulator gets for a function: a pointer to where the code lies unpacked, or all of it.

Either way the function is a `provided` one whose bootstrap starts the functions environment's Python: the emulator
serves a function with a Python runtime behind a WebSocket route one call at a time, over all connections.
"""

import io
import shlex
import zipfile
from pathlib import Path

import pulumi

from sandbox.function_process import bootstrap, stub

RUNTIME = "provided.al2023"
_BOOTSTRAP = Path(bootstrap.__file__)
_STUB = Path(stub.__file__)
_OWN_FOLDER = '"$LAMBDA_TASK_ROOT"'


def tree_of(archive: Path) -> Path | None:
    """Returns the folder beside a package's zip that has its content; a folder is returned as it is."""
    if archive.is_dir():
        return archive
    tree = archive.with_name("tree")
    return tree if archive.suffix == ".zip" and tree.is_dir() else None


def pointing_zip(python: Path, tree: Path, socket: str | None = None) -> bytes:
    """Returns a zip of two kilobytes that runs the code in `tree`, through the fork server at `socket` if given."""
    command = _command(python, shlex.quote(str(tree.resolve())))
    if socket is not None:
        command = f"{shlex.join([str(python), '-I', '-S', str(_STUB), socket])} {command}"
    return _with_bootstrap(b"", command)


def whole_zip(python: Path, archive: pulumi.Archive) -> bytes:
    """Returns a zip with the code itself, which the emulator unpacks, and the bootstrap that runs it."""
    return _with_bootstrap(_zipped(archive), _command(python, _OWN_FOLDER))


def _command(python: Path, folder: str) -> str:
    return f"{shlex.join([str(python), '-P', str(_BOOTSTRAP)])} {folder}"


def _with_bootstrap(content: bytes, command: str) -> bytes:
    buffer = io.BytesIO(content)
    script = f"#!/bin/sh\nexec {command}\n"
    with zipfile.ZipFile(buffer, "a") as package:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        package.writestr(entry, script)
    return buffer.getvalue()


def _zipped(archive: pulumi.Archive) -> bytes:
    if isinstance(archive, pulumi.FileArchive) and Path(archive.path).is_file():
        return Path(archive.path).read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name, content in _members(archive):
            package.writestr(name, content)
    return buffer.getvalue()


def _members(archive: pulumi.Archive) -> list[tuple[str, bytes]]:
    if isinstance(archive, pulumi.FileArchive):
        folder = Path(archive.path)
        files = sorted(file for file in folder.rglob("*") if file.is_file())
        return [(file.relative_to(folder).as_posix(), file.read_bytes()) for file in files]
    if isinstance(archive, pulumi.AssetArchive):
        return [(name, _content(asset)) for name, asset in archive.assets.items()]
    raise ValueError(f"the sandbox does not support archives of the type {type(archive).__name__}")


def _content(asset: object) -> bytes:
    if isinstance(asset, pulumi.StringAsset):
        return asset.text.encode()
    if isinstance(asset, pulumi.FileAsset):
        return Path(asset.path).read_bytes()
    raise ValueError(f"the sandbox does not support assets of the type {type(asset).__name__}")
