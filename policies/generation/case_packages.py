"""Zips for cases: `{"$zip": {"files": {path: text}, "manifest"?: {…}, "zip_bytes"?: n, "unpacked_bytes"?: n}}` stands
where a property is an archive. Made in a temporary folder while cases are read; development time only.

A zip with `zip_bytes` is as large by a hole at its start, which takes no room on the disk; one with
`unpacked_bytes` claims that size for its first file.
"""

import atexit
import json
import shutil
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

from policies.rules.lambda_function.functions.package import MANIFEST
from policies.rules.values import SIGNATURE

MARK: Final = "$zip"
ARCHIVE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"
"""The engine's mark of an archive."""


def with_packages(members: dict[str, Any]) -> dict[str, Any]:
    """For json.loads(object_hook=…): an object that asks for a zip becomes the archive as it is on the wire."""
    return {SIGNATURE: ARCHIVE, "path": str(_made(members[MARK]))} if MARK in members else members


def _made(wanted: Mapping[str, Any]) -> Path:
    path = Path(tempfile.mkdtemp(dir=_folder())) / "package.zip"
    with path.open("wb") as file:
        file.truncate(wanted.get("zip_bytes", 0))
    with ZipFile(path, "a") as archive:
        for name, text in wanted["files"].items():
            archive.writestr(name, text)
        if "unpacked_bytes" in wanted:
            archive.filelist[0].file_size = wanted["unpacked_bytes"]
    if "manifest" in wanted:
        manifest = {**wanted["manifest"], "zip_bytes": path.stat().st_size}
        path.with_name(MANIFEST).write_text(json.dumps(manifest))
    return path


@cache
def _folder() -> str:
    folder = tempfile.mkdtemp(prefix="longrun-cases-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
