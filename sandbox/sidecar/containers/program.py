"""What a container runs, and why it cannot."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Protocol

READ_AT_START: Final = ("GLIBC_TUNABLES", "LD_", "MALLOC_", "OMP_", "OPENBLAS_", "PYTHON")
"""Prefixes of variables that programs read before any code of theirs."""


class Program(Protocol):
    """`image` is the address of the container's image, `words` its command line."""

    @property
    def image(self) -> str: ...

    @property
    def words(self) -> tuple[str, ...]: ...

    @property
    def variables(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class ContainerHost:
    """The AWS service that runs the containers: `variables` are those that it gives to each; `shared` are prefixes of
    variables that the containers of one command have in common, so that their fork server gets them too."""

    variables: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    shared: tuple[str, ...] = READ_AT_START


class StartError(Exception):
    """A container cannot start; `cause` is the name that ECS has for the reason."""

    def __init__(self, cause: str, reason: str) -> None:
        super().__init__(f"{cause}: {reason}")
        self.cause = cause
        self.reason = reason
