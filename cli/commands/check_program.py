"""The program that `longrun check` judges: that of the current folder, with the configuration of one of its stacks."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sandbox.program.config import ProgramConfig, read_config
from sandbox.program.project import Project, choose_stack, find_project, read_project

REGION: Final = "us-east-1"
"""The region that is assumed where neither the stack nor the environment names one."""


@dataclass(frozen=True, slots=True)
class Target:
    """`notes` say what was assumed, for people."""

    project: Project
    config: ProgramConfig
    notes: tuple[str, ...]


def target(directory: Path | None, stack: str | None, given: Mapping[str, str]) -> Target:
    """Finds the Pulumi.yaml as the Pulumi CLI does. Without `stack` it is dev, or the only one that has a file.

    Another program than Longrun needs neither a file of the stack nor a region in it. Raises SandboxError.
    """
    project = read_project(find_project(directory or Path.cwd()))
    name = stack.rpartition("/")[2] if stack else choose_stack(project)
    if project.is_own or (project.stacks and name not in project.stacks):
        return Target(project, read_config(project.root, name, given), ())
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or REGION
    config = read_config(project.root, name, given, region)
    notes = []
    if not project.stacks:
        notes.append(f"{project.root} has no file of a stack, such as Pulumi.dev.yaml: checked without configuration")
    if read_config(project.root, name, given, ASSUMED).region == ASSUMED:
        notes.append(f"stack {name} sets no aws:region: checked for {region}")
    return Target(project, config, tuple(notes))


ASSUMED: Final = "-"
"""Not a region: it shows that nothing else sets one."""
