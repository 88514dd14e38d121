"""A small program with its own state backend for the Pulumi CLI."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

PATIENCE = 300.0
"""Seconds of one command. A preview takes about ten, most of it to start Python for the program, pack and provider."""

PROJECT = """
name: small
runtime:
  name: python
  options:
    virtualenv: {environment}
"""
STACK = "dev"


class SmallProject:
    """The program in `folder`, judged by the pack; `path` is the PATH on which the provider stands."""

    def __init__(self, folder: Path, program: str, pack: Path, path: str) -> None:
        self.folder = folder / "program"
        self.folder.mkdir()
        (self.folder / "Pulumi.yaml").write_text(PROJECT.format(environment=sys.prefix))
        (self.folder / "__main__.py").write_text(program)
        state = folder / "state"
        state.mkdir()
        self._pack = pack
        self._environment: Mapping[str, str] = {
            **os.environ,
            "PATH": path,
            "PULUMI_BACKEND_URL": state.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        self.run("stack", "init", STACK)
        self.run("config", "set", "aws:region", "us-east-1")

    def preview(self, *arguments: str, folder: Path | None = None) -> tuple[int, str]:
        """Returns the exit code and the output of a preview with the pack, called in `folder`."""
        done = self._called("preview", "--policy-pack", str(self._pack), *arguments, folder=folder)
        return done.returncode, done.stdout + done.stderr

    def run(self, *command: str) -> str:
        """Returns the output of a command on the stack that has to succeed."""
        done = self._called(*command)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def _called(self, *command: str, folder: Path | None = None) -> "subprocess.CompletedProcess[str]":
        stack = () if command[:2] == ("stack", "init") else ("--stack", STACK)
        return subprocess.run(  # noqa: S603  the commands of the tests
            ["pulumi", *command, *stack, "--non-interactive", "--color", "never"],  # noqa: S607
            cwd=folder or self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
