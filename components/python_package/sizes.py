"""How large the parts of a package are, and whether its service takes it."""

from collections import Counter
from pathlib import Path
from typing import Final

from components.python_package import archive
from components.python_package.errors import PackageError
from components.python_package.limits import PackageLimits

LARGEST: Final = 8
_MB: Final = 1024 * 1024
_ADVICE: Final = "leave a file or a dependency out of it, or use a container image"


def part_sizes(tree: Path) -> Counter[str]:
    """Unpacked bytes of each top-level entry."""
    sizes: Counter[str] = Counter()
    for name in archive.files_below(tree):
        sizes[name.split("/", 1)[0]] += (tree / name).stat().st_size
    return sizes


def refuse_oversize(name: str, sizes: Counter[str], limits: PackageLimits) -> None:
    """Raises PackageError with the largest parts of a package that is too large unpacked."""
    total, most = sizes.total(), limits.unzipped.maximum
    if total > most:
        largest = ", ".join(f"{part} {size / _MB:.1f} MB" for part, size in sizes.most_common(LARGEST))
        compared = f"{total / _MB:.0f} MB unpacked, over {limits.service}'s {most // _MB} MB"
        raise PackageError("PACKAGE_SIZE", f"package {name} is {compared}; its largest parts: {largest}; {_ADVICE}")


def refuse_large_zip(name: str, size: int, limits: PackageLimits) -> None:
    """Raises PackageError for a zip that is too large; nearly all that is so is too large unpacked as well."""
    most = limits.zipped.maximum
    if size > most:
        compared = f"{size / _MB:.0f} MB as a zip, over {limits.service}'s {most // _MB} MB"
        raise PackageError("PACKAGE_SIZE", f"package {name} is {compared}; {_ADVICE}")
