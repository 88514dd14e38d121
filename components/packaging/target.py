"""The target of a package: a Python version and a CPU on Lambda, or this machine's own."""

import platform
import sys
from dataclasses import dataclass
from typing import Final

HOST: Final = "host"
_UV_CPU: Final = {"arm64": "aarch64", "x86_64": "x86_64"}
_SAME_CPU: Final = {"aarch64": "arm64", "amd64": "x86_64"}
_OLD_LINUX_PYTHONS: Final = frozenset({"3.10", "3.11"})
"""Lambda runs these on Amazon Linux 2 (glibc 2.26), later ones on Amazon Linux 2023 (glibc 2.34)."""


@dataclass(frozen=True, slots=True)
class Target:
    """`native`: wheels for this machine's own system are used, which may be other than Linux."""

    python_version: str
    architecture: str
    native: bool

    @classmethod
    def of(cls, python_version: str, architecture: str) -> "Target":
        """Replaces 'host' by this machine's own Python version or CPU."""
        version = own_python_version() if python_version == HOST else python_version
        cpu = own_architecture() if architecture == HOST else architecture
        return cls(version, cpu, native=architecture == HOST)

    @property
    def runtime(self) -> str:
        """The name of Lambda's runtime."""
        return f"python{self.python_version}"

    @property
    def label(self) -> str:
        return f"{self.architecture}/{self.runtime}"

    @property
    def caveat(self) -> str:
        """A hint for installations that fail; empty if there is none."""
        if self.native or self.python_version not in _OLD_LINUX_PYTHONS:
            return ""
        return " (Amazon Linux 2, for whose glibc 2.26 many distributions have no wheels; choose Python 3.12 or newer)"

    @property
    def system(self) -> str:
        """The part of the target that distinguishes packages for the same Python and CPU."""
        return f"{sys.platform}-native" if self.native else self._manylinux

    def installer_arguments(self) -> list[str]:
        """uv's arguments for wheels of this target."""
        version = ["--python-version", self.python_version]
        return version if self.native else [*version, "--python-platform", self._platform]

    @property
    def _platform(self) -> str:
        return f"{_UV_CPU[self.architecture]}-{self._manylinux}"

    @property
    def _manylinux(self) -> str:
        return "manylinux_2_17" if self.python_version in _OLD_LINUX_PYTHONS else "manylinux_2_34"


def own_python_version() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def own_architecture() -> str:
    machine = platform.machine().lower()
    return _SAME_CPU.get(machine, machine)
