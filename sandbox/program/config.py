"""A stack's configuration as Pulumi's engine passes it to the program: defaults, the stack's file, overrides."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from sandbox.errors import SandboxCode, SandboxError

_TYPES: Final[Mapping[str, Callable[[object], bool]]] = {
    "string": lambda value: isinstance(value, str | int | float) and not isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


@dataclass(frozen=True, slots=True)
class ProgramConfig:
    """`values` are strings by full key (`longrun:agents`), objects and arrays as JSON: the content of PULUMI_CONFIG."""

    project: str
    stack: str
    values: Mapping[str, str]

    @property
    def region(self) -> str:
        return self.values["aws:region"]


def read_config(root: Path, stack: str, overrides: Mapping[str, str]) -> ProgramConfig:
    """Keys without a namespace are the project's. Raises SandboxError INVALID_CONFIG, naming the file and the key."""
    project = _mapping(root / "Pulumi.yaml")
    name = str(project.get("name", ""))
    file = root / f"Pulumi.{stack}.yaml"
    declared = {_full(name, key): value for key, value in (project.get("config") or {}).items()}
    given = {_full(name, key): value for key, value in (_mapping(file).get("config") or {}).items()}
    asked = {_full(name, key): _parsed(text, declared.get(_full(name, key))) for key, text in overrides.items()}
    values: dict[str, str] = {}
    for key, value in {**_defaults(declared), **given, **asked}.items():
        source = "--config" if key in asked else file.name if key in given else "Pulumi.yaml"
        values[key] = _checked(key, value, declared.get(key), source)
    _require_values(declared, values, file)
    return ProgramConfig(name, stack, values)


def _mapping(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text())
    except FileNotFoundError as error:
        raise SandboxError(
            SandboxCode.INVALID_CONFIG, f"{path} is missing; name a stack that has such a file, or write it"
        ) from error
    except yaml.YAMLError as error:
        raise SandboxError(SandboxCode.INVALID_CONFIG, f"{path} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise SandboxError(SandboxCode.INVALID_CONFIG, f"{path} must contain a mapping")
    return content


def _full(project: str, key: str) -> str:
    return key if ":" in key else f"{project}:{key}"


def _defaults(declared: Mapping[str, Any]) -> dict[str, Any]:
    """A declaration is a mapping with `default` or `value`, or, in the short form, the value itself."""
    found = {}
    for key, declaration in declared.items():
        if not isinstance(declaration, dict):
            found[key] = declaration
        elif "value" in declaration or "default" in declaration:
            found[key] = declaration.get("value", declaration.get("default"))
    return found


def _parsed(text: str, declaration: object) -> object:
    """Parses a value of the command line as JSON unless a string is declared. What is not JSON is rejected later."""
    if not isinstance(declaration, dict) or declaration.get("type", "string") == "string":
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _checked(key: str, value: object, declaration: object, source: str) -> str:
    if isinstance(value, dict) and "secure" in value:
        raise SandboxError(
            SandboxCode.INVALID_CONFIG,
            f"{key} in {source} is encrypted, which the sandbox cannot decrypt; pass it with --config {key}=VALUE",
        )
    kind = str(declaration.get("type")) if isinstance(declaration, dict) else ""
    if kind in _TYPES and not _TYPES[kind](value):
        raise SandboxError(
            SandboxCode.INVALID_CONFIG, f"{key} in {source} is {json.dumps(value)}; it must be of type {kind}"
        )
    return value if isinstance(value, str) else json.dumps(value)


def _require_values(declared: Mapping[str, object], values: Mapping[str, str], file: Path) -> None:
    for key in (*declared, "aws:region"):
        if key not in values:
            raise SandboxError(
                SandboxCode.INVALID_CONFIG, f"{key} has no value; set it in {file.name} or with --config {key}=VALUE"
            )


def for_sandbox(config: ProgramConfig, endpoint: str, asked: Mapping[str, str]) -> ProgramConfig:
    """Returns the configuration with the sandbox's real address in place of the stack file's. Keys in `asked`, the
    user's own overrides, stay."""
    address = endpoint.removeprefix("http://")
    own = {_full(config.project, key) for key in asked}
    values = dict(config.values)
    socket = f"{config.project}:websocketUrl"
    if socket not in own and socket in values:
        values[socket] = f"ws://{address}/_aws/execute-api/{{apiId}}/{{stage}}"
    if "aws:endpoints" not in own and "aws:endpoints" in values:
        services = [dict.fromkeys(group, endpoint) for group in json.loads(values["aws:endpoints"])]
        values["aws:endpoints"] = json.dumps(services)
    return ProgramConfig(config.project, config.stack, values)
