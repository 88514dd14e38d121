"""Builds and starts of images with the faults that Lambda calls `Runtime.InvalidEntrypoint`, and of their fixes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components.container_image.args import validate
from components.refs import CodeRef
from tests.docker.base_image import write_base
from tests.docker.components.container_image.faults import APP, FAULTS, PYTHON, Fault, Variant
from tests.docker.images import UNCHECKED, File, Images, small_package
from tests.docker.lambda_environment import RuntimeLoop

pytestmark = pytest.mark.docker

LIBRARY = "libgcc_s.so.1"


Start = Callable[[Variant], None]


def package_of(folder: Path, variant: Variant) -> CodeRef:
    folder.mkdir()
    return small_package(folder, {"app/main.py": File(APP), **variant.files})


@pytest.fixture
def starts(images: Images, runtime: RuntimeLoop, tmp_path: Path) -> Start:
    """Builds a variant, starts it, and has it answer through the web adapter."""

    def start(variant: Variant) -> None:
        image = images.built(package_of(tmp_path / "fixed", variant), variant.config)
        with runtime.environment(images.engine, image, tmp_path / "adapter.log", config=variant.config) as environment:
            assert environment.request("/").rest().body == b"hello"

    return start


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_fails_the_build_and_its_fix_starts(
    images: Images, starts: Start, fault: Fault, tmp_path: Path
) -> None:
    broken = fault.broken
    package = package_of(tmp_path / "broken", broken)

    name, failed = images.build(package, broken.config, broken.architecture)

    assert failed.code != 0
    assert f"verification: {fault.message}" in failed.output
    assert not images.engine.has_image(name)
    starts(fault.fixed)


@pytest.mark.parametrize(
    "fault",
    [fault for fault in FAULTS.values() if fault.code],
    ids=[name for name, fault in FAULTS.items() if fault.code],
)
def test_without_the_checks_a_fault_ends_the_container(images: Images, fault: Fault, tmp_path: Path) -> None:
    name, done = images.build(package_of(tmp_path / "broken", fault.broken), fault.broken.config, "", *UNCHECKED)
    assert done.code == 0, done.output

    ended = images.engine.first_end(name, fault.broken.config)

    assert ended.code == fault.code
    assert fault.reason in ended.output


@pytest.mark.parametrize("half", [["entry_point"], ["command"], ["entry_point", "command"]], ids=" and ".join)
def test_half_a_configuration_is_rejected_before_a_build(images: Images, half: list[str], tmp_path: Path) -> None:
    others: dict[str, Any] = {
        "package": package_of(tmp_path / "half", Variant()),
        "home": str(images.home),
        "base_image": images.base,
        "adapter_image": images.adapter,
    }
    whole: Any = {**others, **PYTHON}
    given: Any = {**others, **{key: value for key, value in PYTHON.items() if key in half}}

    (message,) = validate(given)

    assert "is missing; give entry_point, command and working_directory, or none of them" in message
    assert validate(whole) == []


def test_an_entry_point_alone_starts_without_the_command_of_the_image(images: Images, tmp_path: Path) -> None:
    image = images.built(package_of(tmp_path / "whole", Variant()), PYTHON)

    ended = images.engine.first_end(image, {**PYTHON, "command": []})

    assert (ended.code, "Argument expected for the -m option" in ended.output) == (2, True)


def test_a_library_that_the_adapter_lacks_fails_the_build(images: Images, tmp_path: Path) -> None:
    write_base(tmp_path / "base.tar", without=[LIBRARY])
    base = images.engine.import_image("base", tmp_path / "base.tar")

    name, failed = images.upon(base).build(package_of(tmp_path / "app", Variant()), PYTHON)

    assert failed.code != 0
    assert f"the extension /opt/extensions/lambda-adapter needs {LIBRARY}" in failed.output
    assert not images.engine.has_image(name)
