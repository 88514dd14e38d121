"""The Docker engine of this machine: what tests build and start in it, and the removal of it."""

import json
import os
import platform
import re
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from components.image_config import ImageConfig

LABEL: Final = "longrun.test"
"""Of all images and containers of the tests; its value names the process that made them."""

_ANSWER_SECONDS: Final = 20.0
_BUILD_SECONDS: Final = 150.0
_OLDEST_WITH_BUILDKIT: Final = 19
_FIRST_WITHOUT_BUILDKIT: Final = 23
"""Clients from this version on build with a plugin, or not with BuildKit."""

_AS_LAMBDA: Final = (
    *("--read-only", "--tmpfs", "/tmp:mode=1777", "--user", "993:990"),
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
)
"""As Lambda runs an image: nobody's user, and files that cannot be changed."""


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended; `output` is all that it wrote."""

    code: int
    output: str


class Engine:
    """`client` is a program that builds with BuildKit. Images and containers have names that no other process has."""

    def __init__(self, client: str) -> None:
        self._client = client
        self._mark = uuid.uuid4().hex[:12]

    def new_name(self, what: str) -> str:
        return f"longrun-test-{what}-{self._mark}-{uuid.uuid4().hex[:8]}"

    def run(self, *words: str, seconds: float = _ANSWER_SECONDS, stdin: Path | None = None) -> Done:
        """The command's end, whatever it was."""
        with (stdin or Path(os.devnull)).open("rb") as given:
            done = subprocess.run(  # noqa: S603  the machine's client
                [self._client, *words],
                env={**os.environ, "DOCKER_BUILDKIT": "1", "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"},
                stdin=given,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=seconds,
                check=False,
            )
        return Done(done.returncode, done.stdout)

    def must(self, *words: str, seconds: float = _ANSWER_SECONDS, stdin: Path | None = None) -> str:
        """What a command wrote, which has to succeed."""
        done = self.run(*words, seconds=seconds, stdin=stdin)
        assert done.code == 0, f"docker {' '.join(words)} ended with {done.code}: {done.output}"
        return done.output.strip()

    def import_image(self, what: str, tar: Path) -> str:
        """The name of an image with the files of a tar."""
        name = f"{self.new_name(what)}:1"
        self.must("import", "--change", f"LABEL {LABEL}={self._mark}", "-", name, stdin=tar, seconds=_BUILD_SECONDS)
        return name

    def build(self, name: str, context: Path, arguments: Mapping[str, str], *options: str) -> Done:
        """Builds without a network."""
        given = [word for key, value in arguments.items() for word in ("--build-arg", f"{key}={value}")]
        words = ("--network", "none", "--progress", "plain", "--label", f"{LABEL}={self._mark}", "--tag", name)
        return self.run("build", *words, *given, *options, str(context), seconds=_BUILD_SECONDS)

    def has_image(self, name: str) -> bool:
        return self.run("image", "inspect", name).code == 0

    def inspect(self, name: str) -> dict[str, Any]:
        """What the engine knows of an image or a container."""
        (found,) = json.loads(self.must("inspect", name))
        return dict(found)

    def output(self, image: str, *words: str) -> str:
        """What a program of an image writes, which has to succeed."""
        options = ("--rm", "--label", f"{LABEL}={self._mark}", "--network", "none", *_AS_LAMBDA)
        return self.must("run", *options, "--entrypoint", words[0], image, *words[1:])

    def start(
        self, image: str, variables: Mapping[str, str], config: ImageConfig | None = None, network: str = "host"
    ) -> Done:
        """Starts a container as Lambda does, by default in this machine's network. The output is its name, or why it
        could not start. Remove it."""
        name = self.new_name("container")
        given = [word for key, value in variables.items() for word in ("--env", f"{key}={value}")]
        options = ("--label", f"{LABEL}={self._mark}", "--name", name, "--network", network, *_AS_LAMBDA)
        words = _started_as(image, config) if config else [image]
        done = self.run("run", "--detach", *options, *given, *words)
        return Done(0, name) if done.code == 0 else done

    @contextmanager
    def running(
        self, image: str, variables: Mapping[str, str], config: ImageConfig | None = None, network: str = "host"
    ) -> Iterator[str]:
        """The name of a container, which is removed at the end."""
        started = self.start(image, variables, config, network)
        assert started.code == 0, started.output
        try:
            yield started.output
        finally:
            self.run("rm", "--force", started.output)

    def inside(self, container: str, *words: str) -> str:
        """What a program writes that is started in a running container, and has to succeed."""
        return self.must("exec", container, *words)

    def first_end(self, image: str, config: ImageConfig) -> Done:
        """How the start of a container ends that is not to serve: exit code, and what it or the engine wrote."""
        started = self.start(image, {}, config)
        if started.code != 0:
            return started
        try:
            code = self.must("wait", started.output)
            return Done(int(code), self.run("logs", started.output).output)
        finally:
            self.run("rm", "--force", started.output)

    def beside(self, container: str, program: str, log: Path) -> "subprocess.Popen[bytes]":
        """A program in a container, as the runtime starts an extension. It ends with the container."""
        with log.open("wb") as output:
            return subprocess.Popen(  # noqa: S603  the machine's client
                [self._client, "exec", container, program], stdout=output, stderr=subprocess.STDOUT
            )

    def remove_all(self) -> None:
        """Removes the containers and images of this process."""
        chosen = ("--all", "--quiet", "--filter", f"label={LABEL}={self._mark}")
        if containers := self.must("ps", *chosen).split():
            self.must("rm", "--force", *containers, seconds=_BUILD_SECONDS)
        if images := self.must("images", *chosen).split():
            self.run("rmi", "--force", *dict.fromkeys(images), seconds=_BUILD_SECONDS)
        assert self.must("images", *chosen) == ""


def find_engine() -> Engine | str:
    """The engine, or why its tests cannot run here."""
    if sys.platform != "linux":
        return "needs Linux: images get this machine's own Python"
    clients = [path for folder in os.get_exec_path() if os.access(path := f"{folder}/docker", os.X_OK)]
    if not clients:
        return "needs a Docker engine, and there is no docker on the PATH"
    try:
        told = _asked([clients[0], "info", "--format", "{{json .}}"])
        about = json.loads(told.stdout) if told.returncode == 0 else {}
        if problem := _problem(about):
            return problem
        builder = next((client for client in clients if _builds(client)), None)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return "needs a Docker engine, and the one here does not answer"
    return Engine(builder) if builder else "needs a docker with BuildKit: install docker-buildx, or Debian's docker.io"


def _problem(about: Mapping[str, Any]) -> str:
    if not about.get("ServerVersion"):
        return "needs a Docker engine, and none is running"
    machine = platform.machine()
    if (about.get("OSType"), about.get("Architecture")) != ("linux", machine):
        return f"needs a Docker engine for linux/{machine}"
    if about.get("Name") != socket.gethostname() or any("rootless" in one for one in about["SecurityOptions"] or ()):
        return "needs a Docker engine in this machine's own network"
    return ""


def _builds(client: str) -> bool:
    """Whether it builds with BuildKit."""
    version = re.match(r"Docker version (\d+)\.", _asked([client, "--version"]).stdout)
    if version and _OLDEST_WITH_BUILDKIT <= int(version[1]) < _FIRST_WITHOUT_BUILDKIT:
        return True
    return _asked([client, "buildx", "version"]).returncode == 0


def _asked(command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, timeout=_ANSWER_SECONDS, check=False)  # noqa: S603  the machine's client


def _started_as(image: str, config: ImageConfig) -> list[str]:
    """The end of a command line, for what a function's ImageConfig states."""
    program, *arguments = config["entry_point"]
    return ["--workdir", config["working_directory"], "--entrypoint", program, image, *arguments, *config["command"]]
