"""A copy of the program for the Pulumi command line, with its own state backend, on an empty sandbox."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from bench.program_copy import copy_program
from sandbox.access.keys import Keys
from sandbox.paths import REPOSITORY, home

STACK: Final = "local"
PATIENCE: Final = 900.0
"""Seconds. An SQS queue takes 25 s to create and 130 s to delete, because the provider waits for its propagation."""


class PulumiError(Exception):
    """A command failed; the message is its output."""


class PulumiProject:
    """The program in `folder` as stack `local`, whose AWS is the sandbox at `endpoint` with those keys."""

    def __init__(self, folder: Path, endpoint: str, keys: Keys) -> None:
        self.folder = folder
        copy_program(folder)
        settings = (REPOSITORY / f"Pulumi.{STACK}.yaml").read_text()
        (folder / f"Pulumi.{STACK}.yaml").write_text(settings.replace("127.0.0.1:4600", urlsplit(endpoint).netloc))
        (folder / ".venv").symlink_to(Path(sys.prefix))
        state = folder / "state"
        state.mkdir()
        self.environment = {
            **os.environ,
            "LONGRUN_HOME": str(home()),
            "AWS_ACCESS_KEY_ID": keys.key_id,
            "AWS_SECRET_ACCESS_KEY": keys.secret,
            "PULUMI_BACKEND_URL": state.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }

    def create(self) -> None:
        """Creates the stack, without resources."""
        self.run("pulumi", "stack", "init", STACK, "--non-interactive")

    def pulumi(self, command: str, *arguments: str) -> str:
        """Returns the output of a Pulumi command on the stack. Raises PulumiError."""
        return self.run("pulumi", command, *arguments, "--stack", STACK, "--non-interactive")

    def preview_with_policies(self, *arguments: str, config: str | None = None) -> str:
        """`config` is a file of policy configuration. Raises PulumiError where a mandatory rule is violated."""
        configured = () if config is None else ("--policy-pack-config", config)
        return self.pulumi("preview", "--policy-pack", "policies", *configured, *arguments)

    def run(self, *command: str) -> str:
        done = subprocess.run(  # noqa: S603  the commands of this module and of its users
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        if done.returncode != 0:
            raise PulumiError(f"{' '.join(command)}\n{done.stdout}\n{done.stderr}")
        return done.stdout
