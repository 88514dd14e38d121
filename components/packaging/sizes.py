"""The sizes of a package's parts, and the checks against the limits of its service."""

from collections import Counter
from pathlib import Path
from typing import Final

from components.packaging import archive
from components.packaging.errors import PackageError
from components.packaging.limits import PackageLimits

LARGEST: Final = 8
_MB: Final = 1024 * 1024
_ADVICE: Final = "leave a file or a dependency out of it, or use a container image"


def part_sizes(tree: Path) -> Counter[str]:
    """Unpacked bytes of each top-level entry."""
    sizes: Counter[str] = Counter()
    for name in archive.files_below(tree):
        sizes[name.split("/", 1)[0]] += (tree / name).stat().st_size
    return sizes


def check_size(name: str, sizes: Counter[str], limits: PackageLimits) -> None:
    """Raises PackageError, with the largest parts, if the package is too large unpacked."""
    total, most = sizes.total(), limits.unzipped.maximum
    if total > most:
        largest = ", ".join(f"{part} {size / _MB:.1f} MB" for part, size in sizes.most_common(LARGEST))
        compared = f"{total / _MB:.0f} MB unpacked, over {limits.service}'s {most // _MB} MB"
        raise PackageError("PACKAGE_SIZE", f"package {name} is {compared}; its largest parts: {largest}; {_ADVICE}")


def check_zip_size(name: str, size: int, limits: PackageLimits) -> None:
    """Raises PackageError if the zip is too large; almost all such packages are too large unpacked as well."""
    most = limits.zipped.maximum
    if size > most:
        compared = f"{size / _MB:.0f} MB as a zip, over {limits.service}'s {most // _MB} MB"
        raise PackageError("PACKAGE_SIZE", f"package {name} is {compared}; {_ADVICE}")
