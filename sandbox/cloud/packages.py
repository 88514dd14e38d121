"""How a function's code reaches the emulator: by pointing to where it lies unpacked, or whole.

Either way the function is a `provided` one whose bootstrap starts the functions environment's Python: functions with a
Python runtime behind a WebSocket route would be served one call at a time by the emulator, over all connections.
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
    """The folder with the content of a package's zip, which lies beside it; the folder itself when it is one."""
    if archive.is_dir():
        return archive
    tree = archive.with_name("tree")
    return tree if archive.suffix == ".zip" and tree.is_dir() else None


def pointing_zip(python: Path, tree: Path, socket: str | None = None) -> bytes:
    """A zip of two kilobytes that runs the code in `tree`: through the fork server at `socket`, if there is one."""
    command = _command(python, shlex.quote(str(tree.resolve())))
    if socket is not None:
        command = f"{shlex.join([str(python), '-I', '-S', str(_STUB), socket])} {command}"
    return _with_bootstrap(b"", command)


def whole_zip(python: Path, archive: pulumi.Archive) -> bytes:
    """The code itself, as the emulator unpacks it, and the bootstrap that runs it there."""
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
    raise ValueError(f"an archive of the kind {type(archive).__name__} is not known to the sandbox")


def _content(asset: object) -> bytes:
    if isinstance(asset, pulumi.StringAsset):
        return asset.text.encode()
    if isinstance(asset, pulumi.FileAsset):
        return Path(asset.path).read_bytes()
    raise ValueError(f"an asset of the kind {type(asset).__name__} is not known to the sandbox")
