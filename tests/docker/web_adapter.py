"""The Lambda Web Adapter: the machine's, or one that cargo builds from the published crate, once for each version.

`python -m tests.docker.web_adapter` builds it before the tests, and writes its path.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import Final

from sandbox.sidecar.image_functions.service import ADAPTER
from tests.docker.file_modes import as_root

CRATE: Final = "lambda_web_adapter"
VERSION: Final = "1.0.0-rc1"
"""The newest that is published as a crate."""

_PROGRAM: Final = "lambda-adapter"
_BUILD_SECONDS: Final = 900.0
_SHOWN: Final = 300
_QUICK: Final = {
    "CARGO_PROFILE_RELEASE_LTO": "off",
    "CARGO_PROFILE_RELEASE_OPT_LEVEL": "1",
    "CARGO_PROFILE_RELEASE_STRIP": "symbols",
}
"""Otherwise the build takes much longer, and the program has 76 MB."""


class NoAdapterError(Exception):
    """There is no web adapter; the message says what is missing."""


def web_adapter() -> Path:
    """The program. Raises NoAdapterError."""
    if given := os.environ.get(ADAPTER):
        return Path(given)
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = caches / "longrun" / "web-adapter" / VERSION
    program = folder / _PROGRAM
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        # One process builds, the others wait for it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.is_file():
            _build(folder, program)
    return program


def write_image(tar: Path, program: Path) -> None:
    """Writes the files of an image like AWS's: the adapter alone."""
    with tarfile.open(tar, "w") as image:
        image.add(program.resolve(), _PROGRAM, filter=as_root)


def _build(folder: Path, program: Path) -> None:
    cargo = shutil.which("cargo")
    if cargo is None:
        raise NoAdapterError(f"needs the Lambda Web Adapter: set {ADAPTER} to its path, or install cargo to build it")
    command = [cargo, "install", CRATE, "--version", VERSION, "--locked", "--quiet", "--root", str(folder / "built")]
    # What was compiled before a time limit stays for the next attempt.
    target = folder / "target"
    try:
        done = subprocess.run(  # noqa: S603  cargo
            command,
            env={**os.environ, **_QUICK, "CARGO_TARGET_DIR": str(target)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_BUILD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NoAdapterError(f"cargo has not built the Lambda Web Adapter in {_BUILD_SECONDS:.0f} s") from None
    if done.returncode != 0:
        raise NoAdapterError(f"needs the Lambda Web Adapter, which cargo cannot build: {done.stderr[-_SHOWN:]}")
    (folder / "built" / "bin" / _PROGRAM).rename(program)
    for left in (folder / "built", target):
        shutil.rmtree(left, ignore_errors=True)


def main() -> int:
    """Returns the exit code."""
    began = time.monotonic()
    try:
        sys.stdout.write(f"{web_adapter()} ({time.monotonic() - began:.0f} s)\n")
    except NoAdapterError as missing:
        sys.stderr.write(f"{missing}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
