"""Several packages at once: in their order, each built once, what they say heard in the calling thread."""

import threading
from pathlib import Path

import pytest

from components.packaging import PackageError, PythonPackage, Target, build_all

HOST = Target.of("host", "host")


def package(name: str, source: Path, requirements: Path | None = None) -> PythonPackage:
    return PythonPackage(name=name, sources=(source,), target=HOST, requirements=requirements)


def test_packages_come_in_the_order_in_which_they_were_asked_for(
    source: Path, requirements: Path, tmp_path: Path
) -> None:
    heard: list[str] = []
    threads: set[int] = set()

    def report(line: str) -> None:
        heard.append(line)
        threads.add(threading.get_ident())

    built = build_all([package("slow", source, requirements), package("quick", source)], tmp_path / "home", report)

    assert [one.manifest.name for one in built] == ["slow", "quick"]
    assert [line for line in heard if line.startswith("building")] == [
        f"building slow package: 1 locked dependencies for {HOST.label} …"
    ]
    assert threads == {threading.get_ident()}


def test_package_that_cannot_be_built_is_reported_after_the_others_are_built(source: Path, tmp_path: Path) -> None:
    wrong = package("wrong", tmp_path / "nowhere")
    heard: list[str] = []

    with pytest.raises(PackageError, match="nowhere does not exist"):
        build_all([wrong, package("right", source)], tmp_path / "home", heard.append)

    assert not [line for line in heard if line.startswith("building")]
    assert len(list((tmp_path / "home" / "packages").glob("*/manifest.json"))) == 1
