"""Finds modules in an unpacked package, for any Python version and CPU: files are looked at, nothing is imported."""

import re
import sys
from collections.abc import Collection, Sequence
from importlib import metadata
from pathlib import Path
from typing import Final

from components.packaging.imports import Import
from components.packaging.limits import LAMBDA
from components.packaging.target import own_python_version

_REMOVED: Final = {
    "3.12": ("asynchat", "asyncore", "distutils", "imp", "smtpd"),
    "3.13": (
        *("aifc", "audioop", "cgi", "cgitb", "chunk", "crypt", "imghdr", "lib2to3", "mailcap", "msilib", "nis"),
        *("nntplib", "ossaudiodev", "pipes", "sndhdr", "spwd", "sunau", "telnetlib", "uu", "xdrlib"),
    ),
}
_ADDED: Final = {"3.11": ("tomllib",), "3.14": ("annotationlib", "compression")}
"""Modules of the standard library by the version without, or with, which they came: PEP 594 and "What's New"."""

_LAMBDA_CLIENT: Final = ("awslambdaric", "bootstrap", "runtime_client", "snapshot_restore_py")
_BROUGHT: Final = {
    "boto3": ("botocore", "s3transfer", "jmespath", "python-dateutil", "urllib3", "six"),
    "botocore": ("jmespath", "python-dateutil", "urllib3", "six"),
}
"""Distributions that a preinstalled one requires, so the runtime has them too."""

_DYNAMIC_MODULES: Final = re.compile(r"__path__|sys\.modules|modules\[|meta_path|declare_namespace")
_DYNAMIC_NAMES: Final = re.compile(r"import \*|__getattr__|globals\(|vars\(|__dict__|setattr\(|exec\(")
"""Code that may create modules, or names, that no file shows."""


def standard_library(python_version: str) -> frozenset[str]:
    """The top-level modules of a Python version, which may be another than this one."""
    names = {*sys.stdlib_module_names, "__main__"}
    if python_version == own_python_version():
        return frozenset(names)
    for changed in (_REMOVED, _ADDED):
        names.update(name for modules in changed.values() for name in modules)
    wanted = _number(python_version)
    for version, modules in _REMOVED.items():
        names -= set(modules) if wanted >= _number(version) else set()
    for version, modules in _ADDED.items():
        names -= set(modules) if wanted < _number(version) else set()
    return frozenset(names)


def preinstalled_modules(distributions: Sequence[str], service: str) -> frozenset[str]:
    """The top-level modules of the distributions that a service's runtime has, and of its own client on Lambda.

    The names come from the distributions' own list if they are installed on this machine, otherwise from their names.
    """
    names = {*_LAMBDA_CLIENT} if service == LAMBDA.service else set()
    normal = {re.sub(r"[-_.]+", "-", name).lower() for name in distributions}
    for name in [*normal, *(brought for known in normal for brought in _BROUGHT.get(known, ()))]:
        guessed = name.replace("-", "_")
        names |= {guessed, guessed.removeprefix("python_"), guessed.removeprefix("py"), *_top_levels(name)}
    return frozenset(names)


def _top_levels(distribution: str) -> set[str]:
    try:
        files = metadata.distribution(distribution).files or []
    except metadata.PackageNotFoundError:
        return set()
    return {file.parts[0].partition(".")[0] for file in files if file.suffix in {".py", ".so"}}


class InstalledModules:
    """The modules of an unpacked package. Where only running the code would tell, an import counts as valid.

    `preinstalled` are the top-level modules that the service's runtime adds to the standard library.
    """

    def __init__(self, tree: Path, python_version: str, preinstalled: Collection[str] = ()) -> None:
        self._tree = tree
        self._standard = standard_library(python_version) | frozenset(preinstalled)
        self._names: dict[Path, frozenset[str]] = {}

    def missing_library(self, wanted: Import) -> str:
        """The top-level name that is imported and is neither in the package nor in Python; empty if it is."""
        top = wanted.module.partition(".")[0]
        return top if self._find(self._tree, top) is None and top not in self._standard else ""

    def missing_part(self, wanted: Import) -> str:
        """What an import asks for in vain of a library that is in the package, as the end of a message; empty if the
        import may work."""
        top, *inner = wanted.module.split(".")
        found = self._find(self._tree, top)
        if found is None:
            return ""
        name = top
        for part in inner:
            module = self._find(found, part)
            if module is None:
                return "" if self._may_define(found, "") else f"{name}.{part}, but {name} in the package has no {part}"
            found, name = module, f"{name}.{part}"
        part = wanted.name
        if part in {"", "*"} or self._find(found, part) or self._may_define(found, part):
            return ""
        return f"{part} from {name}, but {name} in the package has no {part}"

    def _find(self, folder: Path, name: str) -> Path | None:
        """The folder of a package or the file of a module; None where there is neither."""
        names = self._listed(folder)
        if name in names and self._listed(folder / name):
            return folder / name
        files = (entry for entry in names if entry in {f"{name}.py", f"{name}.pyc"} or _is_extension(entry, name))
        return next((folder / entry for entry in sorted(files)), None)

    def _may_define(self, module: Path, name: str) -> bool:
        """Whether the code of a package or module may define the name, or any submodule if the name is empty."""
        file = module
        if module.is_dir():
            starts = sorted(entry for entry in self._listed(module) if entry.startswith("__init__."))
            if not starts:
                return False
            file = module / starts[0]
        if file.suffix != ".py":
            return True
        code = file.read_text(errors="replace")
        if _DYNAMIC_MODULES.search(code):
            return True
        return name != "" and bool(_DYNAMIC_NAMES.search(code) or re.search(rf"\b{re.escape(name)}\b", code))

    def _listed(self, folder: Path) -> frozenset[str]:
        if folder not in self._names:
            self._names[folder] = frozenset(path.name for path in folder.iterdir()) if folder.is_dir() else frozenset()
        return self._names[folder]


def _is_extension(entry: str, name: str) -> bool:
    return entry.startswith(f"{name}.") and entry.endswith(".so")


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
