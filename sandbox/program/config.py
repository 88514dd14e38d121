"""A stack's configuration as Pulumi's engine passes it to the program: defaults, the stack's file, overrides."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import yaml

from sandbox.errors import SandboxCode, SandboxError
from sandbox.program.config_values import ConfigValue, ConfigValueError, has_secret, has_type, type_name
from sandbox.program.engine_yaml import load
from sandbox.program.passphrase import Decryption, DecryptionError

_REGION: Final = "aws:region"
_PROJECT_FILES: Final = ("Pulumi.yaml", "Pulumi.yml")


@dataclass(frozen=True, slots=True)
class ProgramConfig:
    """`values` are strings by full key (`longrun:agents`), objects and arrays as JSON: the content of PULUMI_CONFIG.
    `secrets` are the keys whose values the stack's file encrypts. `notes` say what of the file could not be read, for
    people."""

    project: str
    stack: str
    values: Mapping[str, str]
    secrets: Sequence[str] = ()
    notes: Sequence[str] = ()

    @property
    def region(self) -> str:
        return self.values[_REGION]


def read_config(root: Path, stack: str, overrides: Mapping[str, str], region: str | None = None) -> ProgramConfig:
    """Keys without a namespace are the project's, and a stack may have its organization before it. `region` is for a
    stack that configures none; with it, the stack's file may be missing.

    Raises SandboxError INVALID_CONFIG, naming the file and the key."""
    file = project_file(root)
    project = _mapping(file)
    name = str(project.get("name", ""))
    stack = stack.rpartition("/")[2]
    path = stack_folder(file, project) / f"Pulumi.{stack}{file.suffix}"
    content = _mapping(path) if path.exists() or region is None else {}
    declared = _declarations(name, project, file.name)
    if region:
        declared = {_REGION: {"default": region}, **declared}
    return _StackConfig(name, stack, declared, content, (file.name, path.name)).read(overrides)


def project_file(folder: Path) -> Path:
    """The project's file in a folder, or where it should be."""
    return next((path for path in map(folder.joinpath, _PROJECT_FILES) if path.is_file()), folder / _PROJECT_FILES[0])


def stack_folder(file: Path, project: Mapping[str, Any]) -> Path:
    """Where the engine looks for the stacks' files, in the folder that the project names; `config` is the old key."""
    folder = project.get("stackConfigDir") or project.get("config")
    return file.parent / (folder if isinstance(folder, str) else "")


class _StackConfig:
    """Reads one stack's file. `declarations` describes keys by full name, `files` are the names of the project's file
    and of the stack's."""

    def __init__(
        self,
        project: str,
        stack: str,
        declarations: Mapping[str, Mapping[str, Any]],
        content: Mapping[str, Any],
        files: tuple[str, str],
    ) -> None:
        self._project = project
        self._stack = stack
        self._declarations = declarations
        self._content = content
        self._project_file, self._file = files
        self._given = {_full(project, key, self._file): value for key, value in _config_of(content, self._file).items()}
        self._decryption = Decryption(content)
        self._notes: list[str] = []

    def read(self, overrides: Mapping[str, str]) -> ProgramConfig:
        asked = {_full(self._project, key, "--config"): text for key, text in overrides.items()}
        values: dict[str, ConfigValue] = {}
        for key, value in {**_defaults(self._declarations), **self._given, **asked}.items():
            found = self._asked(key, asked[key]) if key in asked else self._value(key, value)
            if found is not None:
                values[key] = found
        self._require_values(values)
        secrets = [key for key, value in values.items() if value.is_secret]
        texts = {key: value.text for key, value in values.items()}
        return ProgramConfig(self._project, self._stack, texts, secrets, [*self._notes, *self._environment_notes()])

    def _asked(self, key: str, text: str) -> ConfigValue:
        """A value of the command line: JSON if a list or an object is declared."""
        content: object = text
        if self._declarations.get(key, {}).get("type") in ("array", "object"):
            try:
                content = json.loads(text)
            except ValueError:
                content = text
        self._check_type(key, content, "--config")
        is_secret = self._declarations.get(key, {}).get("secret") is True or has_secret(self._given.get(key))
        return ConfigValue(text, content, is_secret)

    def _value(self, key: str, value: object) -> ConfigValue | None:
        """A value of the stack's file, or a default. None for a provider's encrypted value that cannot be read."""
        source = self._file if key in self._given else self._project_file
        try:
            found = ConfigValue.of(value, self._decryption)
        except ConfigValueError as error:
            raise _invalid(f"{key} in {source} {error}") from None
        except DecryptionError as error:
            problem = f"{key} in {source} is encrypted, and cannot be read here: {error}"
            if key.startswith(f"{self._project}:"):
                raise _invalid(f"{problem}; or pass a value with --config {key}=VALUE") from None
            self._notes.append(f"{problem}; the program runs without it")
            return None
        self._check_type(key, found.content, source, is_secret=found.is_secret)
        self._check_secret(key, found, source)
        return found

    def _check_type(self, key: str, content: object, source: str, *, is_secret: bool = False) -> None:
        declaration = self._declarations.get(key, {})
        kind, items = declaration.get("type"), declaration.get("items")
        if kind is None or has_type(content, str(kind), items):
            return
        shown = "encrypted" if is_secret else json.dumps(content, ensure_ascii=False)
        raise _invalid(f"{key} in {source} is {shown}; it must be of type {type_name(str(kind), items)}")

    def _check_secret(self, key: str, value: ConfigValue, source: str) -> None:
        declaration = self._declarations.get(key, {})
        if declaration.get("secret") is True and "type" in declaration and not value.is_secret:
            raise _invalid(
                f"{key} in {source} is not encrypted, but {self._project_file} declares it as secret; "
                f"run: pulumi config set --secret {key}"
            )

    def _require_values(self, values: Mapping[str, ConfigValue]) -> None:
        own = [key for key in self._declarations if key.startswith(f"{self._project}:")]
        for key in (*own, _REGION):
            if key not in values or (key == _REGION and not values[key].text):
                imported = " (values of its environment are not read here)" if self._content.get("environment") else ""
                raise _invalid(f"{key} has no value{imported}; set it in {self._file} or with --config {key}=VALUE")

    def _environment_notes(self) -> list[str]:
        """Only Pulumi Cloud can open an environment."""
        if not self._content.get("environment"):
            return []
        return [
            f"{self._file} imports an environment, whose values are not read here; "
            "pass those that the program needs with --config KEY=VALUE"
        ]


def _mapping(path: Path) -> dict[str, Any]:
    try:
        content = load(path.read_text())
    except FileNotFoundError as error:
        raise _invalid(f"{path} is missing; name a stack that has such a file, or write it") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _invalid(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict | None):
        raise _invalid(f"{path} must contain a mapping")
    return content or {}


def _config_of(content: Mapping[str, Any], file: str) -> dict[Any, Any]:
    config = content.get("config") or {}
    if not isinstance(config, dict):
        raise _invalid(f"config in {file} must be a mapping of keys to values")
    return config


def _full(project: str, key: object, file: str) -> str:
    """`project:config:key` is the old form of `project:key`."""
    match str(key).split(":"):
        case [name] if name:
            return f"{project}:{name}"
        case [namespace, name] | [namespace, "config", name] if namespace and name:
            return f"{namespace}:{name}"
    raise _invalid(f"{key!r} in {file} is no configuration key; write it as name or namespace:name")


def _declarations(project: str, content: Mapping[str, Any], file: str) -> dict[str, Mapping[str, Any]]:
    """The declarations of the project's file, whose short form is the value itself."""
    if isinstance(content.get("config"), str):
        return {}
    declared: dict[str, Mapping[str, Any]] = {
        _full(project, key, file): found if isinstance(found, dict) else {"default": found}
        for key, found in _config_of(content, file).items()
    }
    for key, declaration in declared.items():
        items = declaration.get("items")
        while items is not None:
            if not isinstance(items, dict):
                raise _invalid(f"items of {key} in {file} must be a mapping with the type of an item")
            items = items.get("items")
    return declared


def _defaults(declared: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    found = {key: declaration.get("default", declaration.get("value")) for key, declaration in declared.items()}
    return {key: value for key, value in found.items() if value is not None}


def _invalid(message: str) -> SandboxError:
    return SandboxError(SandboxCode.INVALID_CONFIG, message)


def for_sandbox(config: ProgramConfig, endpoint: str, asked: Mapping[str, str]) -> ProgramConfig:
    """Returns the configuration with the sandbox's real address in place of the stack file's. Keys in `asked`, the
    user's own overrides, stay."""
    address = endpoint.removeprefix("http://")
    own = {_full(config.project, key, "--config") for key in asked}
    values = dict(config.values)
    templates = {
        f"{config.project}:websocketUrl": f"ws://{address}/_aws/execute-api/{{apiId}}/{{stage}}",
        f"{config.project}:functionUrl": f"{endpoint}/_aws/lambda-url/{{urlId}}/",
    }
    values |= {key: template for key, template in templates.items() if key not in own and key in values}
    if "aws:endpoints" not in own and "aws:endpoints" in values:
        services = [dict.fromkeys(group, endpoint) for group in json.loads(values["aws:endpoints"])]
        values["aws:endpoints"] = json.dumps(services)
    return replace(config, values=values)
