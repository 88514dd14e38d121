"""Whether the native libraries in a package are for its target: read from ELF headers and from the tags of wheels."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from components.packaging.errors import PackageError
from components.packaging.target import Target

_LIBRARY: Final = re.compile(r".+\.so(?:\.\d+)*")
_ELF: Final = b"\x7fELF"
_HEADER_BYTES: Final = 20
_MACHINES: Final = {0x3E: "x86_64", 0xB7: "arm64"}
"""`e_machine` of the ELF header, at byte 18."""

_MACH_O: Final = frozenset(
    {b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"}
)
_WHEEL_CPU: Final = {"arm64": "aarch64", "x86_64": "x86_64"}
_TAG: Final = re.compile(r"^Tag: *(?P<python>[\w.]+)-(?P<abi>[\w.]+)-(?P<platform>[\w.]+) *$", re.MULTILINE)
_CPYTHON: Final = re.compile(r"cp3(?P<minor>\d+)")
_SHOWN: Final = 5


def check_native_files(name: str, tree: Path, target: Target) -> None:
    """Raises PackageError if a library or a wheel in the tree is for another system, CPU or Python than the target's:
    its import would fail on Lambda. A package for this machine's own system is not checked, which need not be Linux."""
    if target.native:
        return
    wrong = [*_wrong_libraries(tree, target), *_wrong_wheels(tree, target)]
    if wrong:
        more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        raise PackageError(
            "PACKAGE_PLATFORM",
            f"{name} package is for {target.label} on Linux, and has {', '.join(wrong[:_SHOWN])}{more}; let the "
            "package install its dependencies from the lock, and leave libraries that were built elsewhere out of its "
            "sources",
        )


def machine_of(library: Path) -> str | None:
    """The CPU of an ELF file, as Lambda names it; 'macOS' for a Mach-O file, None for any other."""
    with library.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    if header[:4] in _MACH_O:
        return "macOS"
    if len(header) < _HEADER_BYTES or header[:4] != _ELF:
        return None
    number = int.from_bytes(header[18:20], "little")
    return _MACHINES.get(number, f"CPU number {number}")


def _wrong_libraries(tree: Path, target: Target) -> Iterator[str]:
    for library in sorted(tree.rglob("*.so*")):
        if _LIBRARY.fullmatch(library.name) and library.is_file():
            machine = machine_of(library)
            if machine not in {None, target.architecture}:
                yield f"{library.relative_to(tree).as_posix()} ({machine})"


def _wrong_wheels(tree: Path, target: Target) -> Iterator[str]:
    for file in sorted(tree.glob("*.dist-info/WHEEL")):
        tags = list(_TAG.finditer(file.read_text(errors="replace")))
        if tags and not any(_fits(tag, target) for tag in tags):
            tag = "-".join(tags[0].groups())
            yield f"{file.parent.name.removesuffix('.dist-info')} (a wheel for {tag})"


def _fits(tag: re.Match[str], target: Target) -> bool:
    return _fits_python(tag["python"], tag["abi"], target) and any(
        platform == "any" or ("linux" in platform and platform.endswith(f"_{_WHEEL_CPU[target.architecture]}"))
        for platform in tag["platform"].split(".")
    )


def _fits_python(pythons: str, abi: str, target: Target) -> bool:
    minor = int(target.python_version.partition(".")[2])
    for python in pythons.split("."):
        if python in {"py3", f"py3{minor}"}:
            return True
        match = _CPYTHON.fullmatch(python)
        # The stable ABI, and no ABI at all, are those of every later Python too.
        if match and (int(match["minor"]) == minor or (abi in {"abi3", "none"} and int(match["minor"]) <= minor)):
            return True
    return False
