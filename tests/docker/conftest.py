"""What the tests of images share: the engine, a base, the web adapter, and the removal of all that they have made."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from components.packaging import IMAGE, BuiltPackage, PythonPackage, Target, longrun_home
from tests.docker.base_image import write_base
from tests.docker.deployed import Deployed
from tests.docker.engine import Engine, find_engine
from tests.docker.images import Images
from tests.docker.lambda_environment import RuntimeLoop
from tests.docker.web_adapter import NoAdapterError, web_adapter, write_image
from tests.sandbox.harness import running

ROOT = Path(__file__).parents[2]
SOURCES = tuple(ROOT / name for name in ("agents", "contract", "runtime", "tools"))
"""As the program packages them."""


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    found = find_engine()
    if isinstance(found, str):
        pytest.skip(found)
    try:
        yield found
    finally:
        found.remove_all()


@pytest.fixture(scope="session")
def base(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of an image with Python at /usr/local/bin/python3."""
    tar = tmp_path_factory.mktemp("base") / "base.tar"
    write_base(tar)
    return engine.import_image("base", tar)


@pytest.fixture(scope="session")
def adapter(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of an image with the genuine web adapter."""
    try:
        program = web_adapter()
    except NoAdapterError as missing:
        pytest.skip(str(missing))
    tar = tmp_path_factory.mktemp("adapter") / "adapter.tar"
    write_image(tar, program)
    return engine.import_image("adapter", tar)


@pytest.fixture(scope="session")
def images(engine: Engine, base: str, adapter: str, tmp_path_factory: pytest.TempPathFactory) -> Images:
    return Images(engine, base, adapter, tmp_path_factory.mktemp("images"))


@pytest.fixture(scope="session")
def runtime() -> Iterator[RuntimeLoop]:
    loop = RuntimeLoop()
    try:
        yield loop
    finally:
        loop.close()


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """The sandbox, with a journal."""
    with running(tmp_path_factory.mktemp("sandbox") / "state", empty=True) as state:
        yield Deployed.create(state)


def built_package(name: str) -> BuiltPackage:
    """The package of `requirements/NAME.txt` and the project's modules, for this machine."""
    return PythonPackage(
        name=name,
        sources=SOURCES,
        target=Target.of("host", "host"),
        requirements=ROOT / "requirements" / f"{name}.txt",
        limits=IMAGE,
    ).build(longrun_home(ROOT))
