"""The messages that the sandbox's processes send each other as JSON lines (`sandbox.json_lines`)."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Job:
    """What `up` asks of a supervisor; `sidecar` holds fields of SidecarSettings, `time_scale` is that of UpOptions."""

    state_dir: str
    emulator_python: str
    region: str
    port: int | None
    sidecar: dict[str, Any]
    time_scale: float = 1.0


@dataclass(frozen=True, slots=True)
class ServedFunction:
    """A function whose code lies unpacked in `folder`; `python` is the functions environment's interpreter."""

    name: str
    python: str
    folder: str
    handler: str
    memory: int
    variables: dict[str, str]

    @property
    def socket(self) -> str:
        """The name of its fork server's socket, in the emulator's temporary folder."""
        return f"{self.name}.sock"
