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


def test_what_is_the_same_for_all_packages_is_said_once(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "pythons"))
    absent = Target("3.14" if HOST.python_version != "3.14" else "3.13", "arm64", native=False)
    packages = [PythonPackage(name=name, sources=(source,), target=absent) for name in ("gateway", "worker", "tools")]
    heard: list[str] = []

    built = build_all(packages, tmp_path / "home", heard.append)

    assert [line for line in heard if "on this machine" in line] == [built[0].manifest.remarks[-1]]
