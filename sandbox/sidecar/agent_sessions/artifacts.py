"""The folder with the unpacked code of a version: known from the deployment, or downloaded from the emulator's S3."""

import asyncio
import hashlib
import os
import shutil
import tempfile
import zipfile
import zlib
from io import BufferedRandom
from pathlib import Path, PurePosixPath

from policies.rules.aws_limits import AGENTCORE_UNZIPPED, AGENTCORE_ZIP
from sandbox.sidecar.agent_sessions.emulator_calls import EmulatorCalls
from sandbox.sidecar.agent_sessions.errors import AgentCoreError, agent_failed
from sandbox.sidecar.agent_sessions.version import AgentVersion
from sandbox.sidecar.agent_sessions.workspace import AgentWorkspace

ZIP_BYTES = AGENTCORE_ZIP.maximum
UNZIPPED_BYTES = AGENTCORE_UNZIPPED.maximum

_MISSING = ("NoSuchKey", "NoSuchBucket")

_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)
"""What zipfile raises for no zip, damaged content, missing content, and a compression or encryption it cannot read."""

_MODE = 0o777
_OWNER_READS = 0o600


class Artifacts:
    """Looks each version up once, because its code never changes: AWS copies it when the version is created."""

    def __init__(self, workspace: AgentWorkspace, calls: EmulatorCalls) -> None:
        self._workspace = workspace
        self._calls = calls
        self._trees: dict[str, Path] = {}
        self._lock = asyncio.Lock()

    async def tree(self, version: AgentVersion) -> Path:
        """Returns the folder with the artifact's content. Raises AgentCoreError."""
        async with self._lock:
            if version.name not in self._trees:
                self._trees[version.name] = await self._find(version)
            return self._trees[version.name]

    async def content(self, bucket: str, key: str) -> Path:
        """Returns the folder with the object's content. Raises ValueError for an object that cannot be used; its text
        goes on after the object's name."""
        stored = self._workspace.stored(bucket, key)
        return await asyncio.to_thread(self._fetch, bucket, key) if stored is None else stored

    async def _find(self, version: AgentVersion) -> Path:
        try:
            return await self.content(version.bucket, version.key)
        except ValueError as error:
            raise _broken(version, str(error)) from error

    def _fetch(self, bucket: str, key: str) -> Path:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  the download imports it anyway

        folder = self._workspace.folder / "artifacts"
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            try:
                self._calls.download(bucket, key, file)
            except (ClientError, BotoCoreError) as error:
                if isinstance(error, ClientError) and error.response["Error"]["Code"] in _MISSING:
                    raise ValueError("does not exist; upload it first") from error
                raise ValueError(f"cannot be read: {error}") from error
            return unpack(file, folder)


def unpack(file: BufferedRandom, folder: Path) -> Path:
    """Unpacks a zip to a folder named by its content. Raises ValueError for a file that is no zip, a zip that AgentCore
    would reject, or one that would write outside its folder."""
    size = file.seek(0, os.SEEK_END)
    if size > ZIP_BYTES:
        raise ValueError(f"is {size:,} bytes long; AgentCore accepts up to {ZIP_BYTES:,}")
    file.seek(0)
    tree = folder / hashlib.file_digest(file, "sha256").hexdigest()[:32]
    if tree.is_dir():
        return tree
    with tempfile.TemporaryDirectory(dir=folder) as unfinished:
        root = Path(unfinished, "tree")
        root.mkdir()
        try:
            with zipfile.ZipFile(file) as package:
                _extract_all(package, root)
        except _UNREADABLE as error:
            reason = str(error).rstrip(".")
            raise ValueError(f"is no zip that can be unpacked ({reason}); upload the package as a zip") from error
        # Renamed when it is complete, so that a folder with this name always has all files.
        root.rename(tree)
    return tree


def _extract_all(package: zipfile.ZipFile, root: Path) -> None:
    entries = package.infolist()
    unzipped = sum(entry.file_size for entry in entries)
    if unzipped > UNZIPPED_BYTES:
        raise ValueError(f"unpacks to {unzipped:,} bytes; AgentCore accepts up to {UNZIPPED_BYTES:,}")
    for entry in entries:
        _extract(package, entry, root)


def _extract(package: zipfile.ZipFile, entry: zipfile.ZipInfo, root: Path) -> None:
    path = PurePosixPath(entry.filename)
    if path.is_absolute() or ".." in path.parts or "\\" in entry.filename:
        raise ValueError(f"contains {entry.filename!r}, which is outside the package")
    target = root / path
    if entry.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with package.open(entry) as source, target.open("wb") as copy:
        shutil.copyfileobj(source, copy)  # a symbolic link becomes a text file: it could point anywhere
    if mode := entry.external_attr >> 16 & _MODE:
        target.chmod(mode | _OWNER_READS)


def _broken(version: AgentVersion, cause: str) -> AgentCoreError:
    reason = cause.rstrip(".")
    return agent_failed(
        f"The artifact s3://{version.bucket}/{version.key} of agent runtime {version.runtime_id} {reason}."
    )
