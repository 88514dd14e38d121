"""The environment variables of a container."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

_LOCALE: Final = MappingProxyType({"LANG": "C.UTF-8", "TZ": "UTC"})

_ONE_CORE: Final = MappingProxyType({"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"})
"""A container has the cores of its service, not those of this machine, for each of which linear algebra would start a
thread."""

_OF_THE_EMULATOR: Final = frozenset(
    {
        *("BIND_HOST", "GATEWAY_PORT", "LAMBDA_ACCOUNT_CONCURRENCY", "SFN_WAIT_SCALE"),
        *("MINISTACK_ACCOUNT_ID", "MINISTACK_REGION"),
        *("LC_ALL", "LC_CTYPE"),
    }
)


def container_environment(
    emulator: Mapping[str, str], container: Mapping[str, str], tree: Path, folder: Path
) -> dict[str, str]:
    """The sandbox's addresses and keys, as a role gives them on AWS, the container's own variables, and folders of its
    own in `folder`."""
    given = {name: value for name, value in emulator.items() if name not in _OF_THE_EMULATOR}
    folders = {"HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp"), "PWD": str(tree)}
    region = {"AWS_REGION": emulator["AWS_DEFAULT_REGION"]}
    variables = dict(container)
    own_path = variables.pop("PYTHONPATH", "")
    path = {"PYTHONPATH": f"{tree}:{own_path}" if own_path else str(tree)}
    return {**given, **_LOCALE, **_ONE_CORE, **region, **folders, **variables, **path}


def make_folders(folder: Path) -> None:
    for name in ("home", "tmp"):
        (folder / name).mkdir(parents=True)
