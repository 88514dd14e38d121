"""The environment variables of a container."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from sandbox.sidecar.tasks.spec import ContainerSpec

_LOCALE: Final = MappingProxyType({"LANG": "C.UTF-8", "TZ": "UTC", "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE"})

_OF_THE_EMULATOR: Final = frozenset(
    {
        *("BIND_HOST", "GATEWAY_PORT", "LAMBDA_ACCOUNT_CONCURRENCY", "SFN_WAIT_SCALE"),
        *("MINISTACK_ACCOUNT_ID", "MINISTACK_REGION"),
        *("LC_ALL", "LC_CTYPE"),
    }
)


def container_environment(
    emulator: Mapping[str, str], container: ContainerSpec, tree: Path, folder: Path
) -> dict[str, str]:
    """The sandbox's addresses and keys, as a role gives them on AWS, the container's variables, and folders of its
    own in `folder`."""
    given = {name: value for name, value in emulator.items() if name not in _OF_THE_EMULATOR}
    folders = {"HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp"), "PWD": str(tree)}
    region = {"AWS_REGION": emulator["AWS_DEFAULT_REGION"]}
    variables = dict(container.variables)
    own_path = variables.pop("PYTHONPATH", "")
    path = {"PYTHONPATH": f"{tree}:{own_path}" if own_path else str(tree)}
    return {**given, **_LOCALE, **region, **folders, **variables, **path}


def make_folders(folder: Path) -> None:
    for name in ("home", "tmp"):
        (folder / name).mkdir(parents=True)
