"""Finds source folders and modules that have the import name of an installed dependency.

Both would lie side by side at the root of the zip: one would hide the other, or their modules would be mixed.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from components.packaging.errors import PackageError

_NOT_IMPORTED: Final = frozenset({".dist-info", ".pth", ".pyi"})


def check_names(package: str, tree: Path, tops: Sequence[str], requirements: str) -> None:
    """Raises PackageError PACKAGE_SOURCE if a dependency in the tree has the import name of one of the sources.

    `tops` are the folders and modules at the root of the sources, `requirements` is the name of the locked file.
    """
    own = {_import_name(top): top for top in tops}
    for entry in sorted(path.name for path in tree.iterdir() if path.suffix not in _NOT_IMPORTED):
        top = own.get(_import_name(entry))
        if top is None:
            continue
        owner = ", ".join(_owners(tree, entry)) or "a dependency"
        raise PackageError(
            "PACKAGE_SOURCE",
            f"package {package}: {owner} installs {entry}, which has the import name of our own {top}, so Python could "
            f"import only one of them; remove {owner} from {requirements}, or run the code that needs it in a package "
            f"without {top}, for example as an MCP server",
        )


def _import_name(entry: str) -> str:
    """`agents` for the folder agents, for agents.py and for agents.abi3.so."""
    return entry.partition(".")[0]


def _owners(tree: Path, entry: str) -> Iterator[str]:
    """The distributions, with their versions, that installed the file or folder."""
    for record in sorted(tree.glob("*.dist-info/RECORD")):
        paths = (line.partition(",")[0] for line in record.read_text().splitlines())
        if any(path.partition("/")[0] == entry for path in paths):
            yield record.parent.name.removesuffix(".dist-info").replace("-", " ")
