"""The Pulumi project of a folder: what its program is, which interpreter runs it, and which stacks it has."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sandbox.errors import SandboxCode, SandboxError
from sandbox.paths import REPOSITORY
from sandbox.program.config import project_file, stack_folder
from sandbox.program.engine_yaml import load


@dataclass(frozen=True, slots=True)
class Project:
    """`program` is what runs, a folder with `__main__.py` or a file; it runs in `folder`."""

    root: Path
    name: str
    program: Path
    folder: Path
    interpreter: Path
    environment: Path | None
    """The virtual environment that Pulumi.yaml names, whether it exists or not."""
    stacks: tuple[str, ...]
    """The names of the stacks that have a file of configuration, in the order of the alphabet."""

    @property
    def is_own(self) -> bool:
        """Whether it is Longrun itself."""
        return self.root == REPOSITORY


def find_project(start: Path) -> Path:
    """Returns the folder of the Pulumi.yaml of `start` or of the nearest folder above it, as the Pulumi CLI does."""
    if not start.is_dir():
        raise SandboxError(SandboxCode.NO_PROGRAM, f"{start} is no folder; name the folder of a Pulumi program")
    folder = start.resolve()
    for each in (folder, *folder.parents):
        if project_file(each).is_file():
            return each
    raise SandboxError(
        SandboxCode.NO_PROGRAM,
        f"there is no Pulumi.yaml in {folder} or in a folder above it; go to the folder of a Pulumi program, or name "
        "it with --directory",
    )


def read_project(root: Path) -> Project:
    """Raises SandboxError: NO_PROGRAM, UNSUPPORTED_RUNTIME or INVALID_CONFIG, naming the file and the key."""
    root = root.resolve()
    file = project_file(root)
    content = _content(file)
    if not isinstance(content.get("name"), str) or not content["name"]:
        raise SandboxError(SandboxCode.INVALID_CONFIG, f"{file} names no project; write its 'name' as a text")
    runtime, options = _runtime(file, content.get("runtime"))
    if runtime != "python":
        raise SandboxError(
            SandboxCode.UNSUPPORTED_RUNTIME,
            f"the program of {file} runs on '{runtime}', and only programs in Python can be checked here; check it "
            "with the policy pack: pulumi preview --policy-pack policies",
        )
    main = root / str(content.get("main") or ".")
    if not (main.is_file() or (main / "__main__.py").is_file()):
        wanted = main / "__main__.py" if main.is_dir() or not main.suffix else main
        raise SandboxError(
            SandboxCode.NO_PROGRAM, f"{file} names a program that does not exist: {wanted}; write it, or correct 'main'"
        )
    environment = _environment(root, options)
    return Project(
        root=root,
        name=content["name"],
        program=main.resolve(),
        folder=main.resolve() if main.is_dir() else main.resolve().parent,
        interpreter=_interpreter(root, environment),
        environment=environment,
        stacks=_stacks(file, content),
    )


def _stacks(file: Path, content: Mapping[str, Any]) -> tuple[str, ...]:
    files = stack_folder(file, content).glob(f"Pulumi.*{file.suffix}")
    return tuple(sorted(path.name.removeprefix("Pulumi.").removesuffix(file.suffix) for path in files))


def choose_stack(project: Project) -> str:
    """Returns the stack that is meant where none is named: dev, or the only one; dev where there is none at all."""
    found = project.stacks
    if not found or "dev" in found:
        return "dev"
    if len(found) == 1:
        return found[0]
    raise SandboxError(
        SandboxCode.INVALID_CONFIG, f"{project.root} has the stacks {', '.join(found)}; choose one with --stack"
    )


def _content(file: Path) -> Mapping[str, Any]:
    try:
        content = load(file.read_text())
    except FileNotFoundError:
        raise SandboxError(SandboxCode.NO_PROGRAM, f"{file} is missing; name the folder of a Pulumi program") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SandboxError(SandboxCode.INVALID_CONFIG, f"{file} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise SandboxError(SandboxCode.INVALID_CONFIG, f"{file} must contain a mapping")
    return content


def _runtime(file: Path, value: object) -> tuple[str, Mapping[str, Any]]:
    if isinstance(value, str):
        return value, {}
    if isinstance(value, dict) and isinstance(value.get("name"), str):
        options = value.get("options") or {}
        if not isinstance(options, dict):
            raise SandboxError(SandboxCode.INVALID_CONFIG, f"runtime.options in {file} must be a mapping")
        return value["name"], options
    raise SandboxError(SandboxCode.INVALID_CONFIG, f"{file} names no 'runtime'; it must be python")


def _environment(root: Path, options: Mapping[str, Any]) -> Path | None:
    """Returns the folder of the virtual environment that the project names or that its toolchain makes."""
    if options.get("virtualenv"):
        return root / str(options["virtualenv"])
    toolchain = options.get("toolchain")
    if toolchain == "uv":
        return _above(root, os.environ.get("UV_PROJECT_ENVIRONMENT") or ".venv")
    if toolchain == "poetry":
        return _poetry_environment(root)
    return None


def _above(root: Path, name: str) -> Path:
    return next((each / name for each in (root, *root.parents) if (each / name).is_dir()), root / name)


def _poetry_environment(root: Path) -> Path:
    if (root / ".venv").is_dir() or not (poetry := shutil.which("poetry")):
        return root / ".venv"
    found = subprocess.run([poetry, "env", "info", "--path"], cwd=root, capture_output=True, text=True, check=False)
    return Path(found.stdout.strip()) if found.stdout.strip() else root / ".venv"


def _interpreter(root: Path, environment: Path | None) -> Path:
    """Returns the interpreter of the first environment that has Pulumi's SDK: the project's own, the active one, that
    of the PATH; else the one that runs Longrun."""
    if root == REPOSITORY:
        return Path(sys.executable)
    active = os.environ.get("VIRTUAL_ENV")
    found = shutil.which("python3") or shutil.which("python")
    environments = (environment, Path(active) if active else None, Path(found).parent.parent if found else None)
    with_pulumi = (python for each in environments if each for python in _with_pulumi(each))
    return next(with_pulumi, Path(sys.executable))


def _with_pulumi(environment: Path) -> Iterator[Path]:
    if any(environment.glob("lib/python*/*-packages/pulumi/__init__.py")):
        yield from (path for path in (environment / "bin" / "python", environment / "bin" / "python3") if path.exists())
    if (environment / "Lib" / "site-packages" / "pulumi").is_dir():
        yield environment / "Scripts" / "python.exe"
