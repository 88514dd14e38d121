"""Finds this machine's Python interpreters by version: this process's own, those on the PATH, and uv's."""

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Final

OWN_VERSION: Final = f"{sys.version_info.major}.{sys.version_info.minor}"

_SECONDS: Final = 10.0
_BASE: Final = "import sys, os; print('%d.%d' % sys.version_info[:2], os.path.realpath(sys._base_executable))"
"""Prints the version, and the interpreter without its virtual environment: sessions have only the standard library."""


@cache
def interpreter_of(version: str) -> Path | None:
    """Returns the base interpreter of a version such as 3.13, None where this machine has none."""
    if version == OWN_VERSION:
        return Path(sys.executable).resolve()
    on_path = shutil.which(f"python{version}")
    return (_base(on_path, version) if on_path else None) or _of_uv(version)


def _base(executable: str, version: str) -> Path | None:
    """Returns the interpreter behind an executable if it has the version."""
    printed = _output([executable, "-I", "-c", _BASE]).split(maxsplit=1)
    return Path(printed[1].strip()) if len(printed) > 1 and printed[0] == version else None


def _of_uv(version: str) -> Path | None:
    import uv  # noqa: PLC0415  only for code of another version than this process's

    try:
        command = uv.find_uv_bin()
    except FileNotFoundError:
        return None
    find = [command, "python", "find", "--no-project", "--no-python-downloads", "--offline", version]
    found = _output(find).strip()
    return _base(found, version) if found else None


def _output(command: list[str]) -> str:
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ended.stdout if ended.returncode == 0 else ""
