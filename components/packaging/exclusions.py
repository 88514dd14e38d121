"""Decides what of the sources stays out of a package: secrets, what tools leave behind, and tests that nothing uses."""

import ast
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Final

FOLDERS: Final = (
    *("__pycache__", ".git", ".venv", ".longrun", "node_modules"),
    *(".mypy_cache", ".pytest_cache", ".ruff_cache"),
)
FILES: Final = ("Pulumi.yaml", "Pulumi.*.yaml", ".DS_Store")
TESTS: Final = "tests"

SENSITIVE_FOLDERS: Final = (".aws", ".gnupg", ".ssh", ".env", ".env.*")
SENSITIVE_FILES: Final = (
    *(".env*", "*.env"),
    *(".netrc", "_netrc", ".pypirc", ".npmrc", ".pgpass", ".git-credentials", ".htpasswd"),
    *("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "*.ppk", "*.p12", "*.pfx", "*.jks", "*.kdbx"),
)
KEY_FILES: Final = (
    *("*.pem", "*.key", "*.p8", "*.crt", "*.cer", "*.asc"),
    *("*.json", "*.txt", "*.yaml", "*.yml", "*.toml", "*.ini", "*.cfg", "*.conf", "*.properties", "*.xml"),
)
"""Left out if they contain a private key, and so are files without a suffix. Certificates, such as those of a database,
stay."""

KEY_FILE_BYTES: Final = 256 * 1024
"""A larger file is data."""

SENSITIVE: Final = "secrets, which never go into a package: keep them in AWS Secrets Manager"

_PRIVATE_KEY: Final = re.compile(rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----")
_BACKUP: Final = re.compile(r"^#|^\.(?=\..*\.sw.$)|(?:#|~|\.(?:bak|copy|old|orig|save|tmp|sw[a-p]))+$", re.IGNORECASE)
"""What editors and people add to the name of a file that they keep."""

_VIRTUAL_ENVIRONMENT: Final = "pyvenv.cfg"
_SETTINGS: Final = frozenset({".cfg", ".ini", ".json", ".toml", ".yaml", ".yml"})
_WORD: Final = re.compile(rf"\b{TESTS}\b")
_PART: Final = re.compile(rf"(?:^|[./\\]){TESTS}(?:$|[./\\:])")
"""The word as a part of a path or of a dotted name, and not as a word of a text."""


def is_left_out_folder(folder: Path) -> bool:
    return (
        folder.name in FOLDERS or _matches(folder.name, SENSITIVE_FOLDERS) or (folder / _VIRTUAL_ENVIRONMENT).is_file()
    )


def is_left_out_file(file: Path) -> bool:
    """True for what tools leave behind. Bytecode stays if it is all that there is of a module."""
    if file.suffix == ".pyc":
        return file.with_suffix(".py").is_file()
    return _matches(file.name, FILES)


def is_secret(file: Path) -> bool:
    """Whether the file has the name of a secret or of a backup of one, or contains a private key."""
    name = _BACKUP.sub("", file.name)
    if _matches(file.name, SENSITIVE_FILES) or _matches(name, SENSITIVE_FILES):
        return True
    may_be_key = _matches(name, KEY_FILES) or "." not in name.removeprefix(".")
    if not may_be_key or not file.is_file() or file.stat().st_size > KEY_FILE_BYTES:
        return False
    return bool(_PRIVATE_KEY.search(file.read_bytes()))


def is_in_tests(name: str) -> bool:
    """Whether the file, by its path in the package, is in a folder `tests` of a source. A source of that name was
    asked for."""
    return TESTS in PurePosixPath(name).parts[1:-1]


def names_tests(file: Path) -> bool:
    """Whether the file imports from a folder `tests`, or has such a path or dotted name in a text."""
    if file.suffix == ".py":
        return any(_PART.search(text) for text in _texts(file.read_bytes()))
    return file.suffix in _SETTINGS and bool(_WORD.search(file.read_text(errors="replace")))


def _texts(source: bytes) -> Iterator[str]:
    """The imported names and the strings of a module."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        yield from source.decode(errors="replace").split()
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module or ''}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch(name.lower(), pattern.lower()) for pattern in patterns)
