"""Installs the dependencies of a package from its locked requirements, once for each lock and target."""

import difflib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from components.packaging import archive
from components.packaging.built import read_manifest, write_manifest
from components.packaging.bytecode import compile_tree
from components.packaging.cache import built_once
from components.packaging.errors import PackageError
from components.packaging.installer import uv_binary
from components.packaging.requirement_files import read_requirements
from components.packaging.target import Target

BUILDER: Final = 2
"""Increase it when the same inputs produce other bytes than before."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_WITHOUT_WHEELS: Final = re.compile(r"(\S+)==(\S+) has no usable wheels")
_OTHER_WHEELS: Final = re.compile(r"(\S+)==(\S+) has no wheels with a matching")
_WITHOUT_HASHES: Final = "In `--require-hashes` mode"
SERVICE_DATA: Final = "botocore/data"
SCRIPTS: Final = "bin"
SCRIPTS_REASON: Final = "commands that name the interpreter of the machine they were installed on"


@dataclass(frozen=True, slots=True)
class DependenciesManifest:
    """The installed version of each distribution, and whether they were compiled."""

    versions: dict[str, str]
    bytecode: bool


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Installed dependencies: `tree` unpacked, `layer` zipped."""

    folder: Path

    @property
    def tree(self) -> Path:
        return self.folder / "tree"

    @property
    def layer(self) -> Path:
        return self.folder / "layer.zip"

    @property
    def manifest(self) -> DependenciesManifest:
        return DependenciesManifest(**read_manifest(self.folder))


def locked(requirements: Path, preinstalled: Sequence[str]) -> str:
    """The locked requirements as text, without the preinstalled distributions. Raises PackageError."""
    left_out = {_normal(name) for name in preinstalled}
    kept: list[str] = []
    keeping = True
    for line in read_requirements(requirements).splitlines(keepends=True):
        if line[:1] not in {" ", "\t", "#", "\n"}:
            name = _NAME.match(line)
            keeping = name is None or _normal(name[0]) not in left_out
        if keeping:
            kept.append(line)
    return "".join(kept)


def dependencies_key(lock: str, target: Target, aws_services: Sequence[str] = ()) -> str:
    parts = [str(BUILDER), target.python_version, target.architecture, target.system, lock, *sorted(aws_services)]
    return sha256("\0".join(parts).encode()).hexdigest()[:32]


def install(
    name: str,
    lock: str,
    target: Target,
    interpreter: str | None,
    home: Path,
    report: Callable[[str], None],
    aws_services: Sequence[str] = (),
) -> Dependencies:
    """Returns the dependencies, from the cache or installed now, which needs the package index.

    `interpreter` has the target's Python version; without one there is no bytecode. `aws_services` are those whose
    descriptions botocore keeps; none for all.
    """

    def build(folder: Path) -> None:
        count = sum(1 for line in lock.splitlines() if _NAME.match(line))
        report(f"building {name} package: {count} locked dependencies for {target.label} …")
        _install(folder, lock, target)
        if aws_services:
            _keep_services(name, folder / "tree", aws_services)
        if interpreter:
            # Some distributions contain templates and code for other versions that do not compile: they stay sources.
            compile_tree(folder / "tree", interpreter, ["."])
        archive.append(folder / "layer.zip", folder / "tree", list(archive.files_below(folder / "tree")))
        manifest = DependenciesManifest(_versions(folder / "tree"), bytecode=bool(interpreter))
        write_manifest(folder, asdict(manifest))

    return Dependencies(built_once(home / "dependencies" / dependencies_key(lock, target, aws_services), build, report))


def _install(folder: Path, lock: str, target: Target) -> None:
    requirements, tree = folder / "requirements.txt", folder / "tree"
    requirements.write_text(lock)
    tree.mkdir()
    command = [
        *(uv_binary(), "pip", "install", "--quiet", "--no-progress", "--python", sys.executable),
        # The lock is complete, so nothing has to be resolved.
        *("--require-hashes", "--no-deps", "--only-binary", ":all:"),
        # A file that is changed in the package must not change in uv's cache.
        *("--link-mode", "copy"),
        *target.installer_arguments(),
        *("--target", str(tree), "--requirements", str(requirements)),
    ]
    installed = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  uv, on our own lock
    if installed.returncode != 0:
        raise PackageError(
            "PACKAGE_BUILD",
            f"uv could not install the dependencies for {target.label}{target.caveat}: {installed.stderr.strip()}"
            f"{_advice(installed.stderr, target)}",
        )
    _leave_out_scripts(tree)


def _keep_services(name: str, tree: Path, services: Sequence[str]) -> None:
    """Removes what botocore has of other services, which is most of it."""
    data = tree / SERVICE_DATA
    known = {folder.name for folder in data.iterdir() if folder.is_dir()} if data.is_dir() else set()
    if unknown := sorted(set(services) - known):
        near = ", ".join(difflib.get_close_matches(unknown[0], known)) or "see botocore/data"
        message = f"{name} package names the AWS service {unknown[0]}, which its botocore does not know; known: {near}"
        raise PackageError("PACKAGE_SOURCE", message)
    removed = known - set(services)
    for service in removed:
        shutil.rmtree(data / service)
    _forget(tree, tuple(f"{SERVICE_DATA}/{service}/" for service in removed))


def _forget(tree: Path, removed: tuple[str, ...]) -> None:
    """Takes files out of the records of what is installed."""
    for record in tree.glob("*.dist-info/RECORD"):
        lines = record.read_text().splitlines(keepends=True)
        kept = [line for line in lines if not line.startswith(removed)]
        if len(kept) < len(lines):
            record.unlink()
            record.write_text("".join(kept))


def _advice(errors: str, target: Target) -> str:
    """What to do about uv's errors, as a new line; empty where they say it themselves."""
    lines = [
        f"{name} {version} is published without a wheel, and a package is installed from wheels only, because nothing "
        f"can be compiled here for another machine. Lock another version or distribution that has a wheel. Or make the "
        f"wheel once: pip wheel --no-deps --wheel-dir wheels {name}=={version}; then set UV_FIND_LINKS to the absolute "
        "path of that folder for make lock, which adds the wheel's hash, and for the deployment."
        for name, version in _WITHOUT_WHEELS.findall(errors)
    ]
    lines += [
        f"{name} {version} has wheels, but none for {target.label}. Lock a version that has one, or choose another "
        "Python version or architecture."
        for name, version in _OTHER_WHEELS.findall(errors)
    ]
    if _WITHOUT_HASHES in errors:
        lines.append("The requirements must be locked with hashes: name the libraries in a .in file and run make lock.")
    return "".join(f"\n{line}" for line in lines)


def _leave_out_scripts(tree: Path) -> None:
    shutil.rmtree(tree / SCRIPTS, ignore_errors=True)
    (tree / ".lock").unlink(missing_ok=True)
    for record in tree.glob("*.dist-info/RECORD"):
        kept = [line for line in record.read_text().splitlines(keepends=True) if not _names_script(line)]
        # The file may be a hard link into uv's own cache: it is replaced, never written to.
        record.unlink()
        record.write_text("".join(sorted(kept)))


def _names_script(record: str) -> bool:
    return record.startswith((f"{SCRIPTS}/", f"../{SCRIPTS}/", f"../../{SCRIPTS}/", f"../../../{SCRIPTS}/"))


def _versions(tree: Path) -> dict[str, str]:
    folders = sorted(folder.name.removesuffix(".dist-info") for folder in tree.glob("*.dist-info"))
    return dict(folder.split("-", 1) for folder in folders)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
