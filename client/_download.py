"""Downloads the files of a run to a folder; a file is written completely or not at all."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from client._errors import LongrunError, ProtocolError, UnreachableError
from client._files import RunFile
from contract.loopback import LOOPBACK

_SECONDS: Final = 30.0
"""Timeout for each step of a request, not for a whole file."""

_EXPIRED: Final = 403


async def download_files(files: Sequence[RunFile], folder: Path, overwrite: bool) -> list[Path]:
    """The paths of the files, in their order. All names and paths are checked before the first download.

    Raises LongrunError with UNSAFE_NAME, FILE_EXISTS (unless `overwrite`), DOWNLOAD_FAILED, PROTOCOL or UNREACHABLE,
    and OSError for a folder that cannot be written.
    """
    paths = await asyncio.to_thread(_checked_paths, files, folder, overwrite)
    is_local = all(urlsplit(file.url).hostname in LOOPBACK for file in files)
    async with httpx.AsyncClient(timeout=_SECONDS, trust_env=not is_local) as http:
        for file, path in zip(files, paths, strict=True):
            body = await _fetch(http, file)
            await asyncio.to_thread(_write, path, body)
    return paths


def _checked_paths(files: Sequence[RunFile], folder: Path, overwrite: bool) -> list[Path]:
    paths = [file.path_below(folder) for file in files]
    folders = {parent for path in paths for parent in path.parents}
    for path in paths:
        if path in folders or path.is_dir():
            raise LongrunError("UNSAFE_NAME", f"{path} would be both a file and a folder; choose another folder.")
    found = [] if overwrite else [path for path in paths if path.exists()]
    if found:
        others = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise LongrunError("FILE_EXISTS", f"{found[0]}{others} already exists; overwrite it or choose another folder.")
    return paths


async def _fetch(http: httpx.AsyncClient, file: RunFile) -> bytes:
    parts = urlsplit(file.url)
    address = file.url.partition("?")[0]  # the query grants access to the file
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise ProtocolError(address, f"the address of {file.name} does not begin with https")
    body = bytearray()
    try:
        async with http.stream("GET", file.url, headers={"Accept-Encoding": "identity"}) as response:
            if response.status_code == _EXPIRED:
                raise _failed(file, "its address has expired or access is denied; list the files again")
            if response.status_code != httpx.codes.OK:
                raise _failed(file, f"its address returned HTTP {response.status_code}")
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > file.bytes:
                    raise _failed(file, f"it is longer than the {file.bytes} bytes announced")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise UnreachableError(address, str(error) or type(error).__name__) from error
    if len(body) < file.bytes:
        raise _failed(file, f"only {len(body)} of {file.bytes} bytes arrived")
    return bytes(body)


def _failed(file: RunFile, reason: str) -> LongrunError:
    return LongrunError("DOWNLOAD_FAILED", f"The file {file.name} could not be downloaded: {reason}.")


def _write(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}.part")
    try:
        temporary.write_bytes(body)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
