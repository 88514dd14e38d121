"""Checks of single configuration values. Each returns the end of an error message, empty if the value is valid."""

import ast
import re
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from contract.limits import MAX_AGENT_LENGTH

FACTORY: Final = "create_agent"
_PLACEHOLDER: Final = re.compile(r"\{([^}]*)\}")
_SECRET_ARN: Final = re.compile(r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:.+")


def agent_problem(root: Path, name: str) -> str:
    if not name.isidentifier() or len(name) > MAX_AGENT_LENGTH:
        return f"give the name of a Python module in agents/, up to {MAX_AGENT_LENGTH} characters"
    module = root / "agents" / f"{name}.py"
    if not module.is_file():
        return f"there is no agents/{name}.py; write it or name another"
    try:
        statements = ast.parse(module.read_bytes()).body
    except (SyntaxError, ValueError) as error:
        return f"agents/{name}.py is not Python: {error}"
    has_factory = any(FACTORY in _names(statement) for statement in statements)
    return "" if has_factory else f"agents/{name}.py defines no function {FACTORY}(context)"


def _names(statement: ast.stmt) -> set[str]:
    """The names that a top-level statement binds."""
    match statement:
        case ast.FunctionDef(name=name):
            return {name}
        case ast.ImportFrom(names=aliases):
            return {alias.asname or alias.name for alias in aliases}
        case ast.Assign(targets=targets):
            return {target.id for target in targets if isinstance(target, ast.Name)}
    return set()


def folder_problem(root: Path, path: str) -> str:
    folder = (root / path).resolve()
    if not folder.is_dir():
        return "there is no such folder in the project"
    # Its files are uploaded: stack files with secrets, sources and packages are no data.
    holds_project = root.resolve().is_relative_to(folder)
    return "give the folder that holds the agents' data, not one that holds the project" if holds_project else ""


def secret_problem(value: str) -> str:
    return "" if not value or _SECRET_ARN.fullmatch(value) else "give the ARN of a Secrets Manager secret"


def template_problem(value: str) -> str:
    if not value:
        return ""
    parts = _parts(value)
    if parts is None or parts.scheme not in {"ws", "wss"} or not parts.netloc or value.endswith("/"):
        return "give a ws or wss URL that does not end in a slash"
    if "@" in parts.netloc or parts.query or parts.fragment or " " in value:
        return "give a ws or wss URL of host and path alone"
    foreign = [name for name in _PLACEHOLDER.findall(value) if name not in {"apiId", "stage"}]
    return f"{{{foreign[0]}}} is not known; allowed: {{apiId}}, {{stage}}" if foreign else ""


def _parts(value: str) -> SplitResult | None:
    try:
        return urlsplit(value)
    except ValueError:
        return None
