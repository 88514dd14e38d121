"""A base image that needs no registry: this machine's own Python, with a shell and the libraries of both."""

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from tests.docker.file_modes import as_root

PYTHON: Final = "/usr/local/bin/python3"
_HOME: Final = "/usr/local"
_NEVER_USED: Final = frozenset(
    {"dist-packages", "ensurepip", "idlelib", "lib2to3", "site-packages", "test", "tests", "tkinter", "turtledemo"}
)
_OF_WHEELS: Final = ("libdl.so.2", "libgcc_s.so.1", "libpthread.so.0", "librt.so.1", "libstdc++.so.6", "libutil.so.1")
"""That programs and wheels need which were built elsewhere: the images with Python that AWS publishes have them."""

_LIBRARY: Final = re.compile(r"^\s*(?:\S+ => )?(/\S+) \(0x", re.MULTILINE)
_KNOWN: Final = re.compile(r"^\s*(\S+) \(.*\) => (\S+)$", re.MULTILINE)


def write_base(tar: Path, without: Iterable[str] = ()) -> None:
    """Writes the image's files; `without` names libraries to leave out."""
    with tarfile.open(tar, "w") as image:
        _add_folder(image, "tmp", 0o1777)
        for source, target in sorted(_files(frozenset(without)).items()):
            image.add(source.resolve(), target.lstrip("/"), recursive=False, filter=as_root)


def _files(without: frozenset[str]) -> dict[Path, str]:
    """Each file with its path in the image."""
    program = Path(sys._base_executable).resolve()  # type: ignore[attr-defined]  # noqa: SLF001  a venv's is a link
    standard = Path(sysconfig.get_path("stdlib"))
    extensions = Path(sysconfig.get_config_var("DESTSHARED") or standard / "lib-dynload")
    home = f"{_HOME}/lib/python{sys.version_info.major}.{sys.version_info.minor}"
    found = {path: f"{home}/{path.relative_to(standard)}" for path in _modules(standard)}
    found |= {path: f"{home}/lib-dynload/{path.name}" for path in _loadable(extensions)}
    found |= {program: PYTHON, Path("/bin/sh"): "/bin/sh"}
    needed = [path for path in found if path.suffix == ".so"] + [program, Path("/bin/sh")]
    libraries = {path.name: path for path in (*_libraries(needed), *_known(_OF_WHEELS))}
    triple = sysconfig.get_config_var("MULTIARCH") or ""
    for name, path in libraries.items():
        if name not in without:
            # The program has the path of its loader in it.
            found[path] = str(path) if name.startswith("ld-") else f"/usr/lib/{triple}/{name}"
    return found


def _modules(standard: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(standard):
        here = Path(folder)
        folders[:] = [name for name in folders if name not in {*_NEVER_USED, "lib-dynload"}]
        if not here.name.startswith("config-"):
            yield from (here / name for name in names)


def _loadable(extensions: Path) -> Iterator[Path]:
    """Without those of the tests and of windows."""
    yield from (path for path in extensions.glob("*.so") if not re.match(r"_test|_tkinter|xx|_ctypes_test", path.name))


def _libraries(programs: Iterable[Path]) -> set[Path]:
    """With the loader."""
    told = subprocess.run(["ldd", *map(str, programs)], capture_output=True, text=True, check=True)  # noqa: S603, S607  the machine's
    return {Path(path) for path in _LIBRARY.findall(told.stdout)}


def _known(names: Iterable[str]) -> Iterator[Path]:
    told = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True)
    places: dict[str, str] = {}
    for name, path in _KNOWN.findall(told.stdout):
        places.setdefault(name, path)
    yield from (Path(places[name]) for name in names if name in places)


def _add_folder(image: tarfile.TarFile, name: str, mode: int) -> None:
    folder = tarfile.TarInfo(name)
    folder.type, folder.mode = tarfile.DIRTYPE, mode
    image.addfile(folder)
