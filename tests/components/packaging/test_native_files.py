"""Native libraries: one for another platform than the package's is found before the package is uploaded."""

import zipfile
from pathlib import Path

import pytest

from components.packaging import PackageError, PythonPackage, Target
from components.packaging.native_files import check_native_files, machine_of

ARM = Target("3.13", "arm64", native=False)
INTEL = Target("3.13", "x86_64", native=False)
NUMBERS = {"x86_64": 0x3E, "arm64": 0xB7, "riscv": 0xF3}
MACH_O = b"\xcf\xfa\xed\xfe" + bytes(28)


def elf(cpu: str) -> bytes:
    """The header of a library for that CPU."""
    return b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00" + NUMBERS[cpu].to_bytes(2, "little") + bytes(44)


def wheel(tree: Path, *tags: str) -> None:
    info = tree / "core-1.0.dist-info"
    info.mkdir(parents=True)
    lines = "".join(f"Tag: {tag}\n" for tag in tags)
    (info / "WHEEL").write_text(f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\n{lines}")


def problem(tree: Path, target: Target) -> str:
    with pytest.raises(PackageError) as rejected:
        check_native_files("worker", tree, target)
    assert rejected.value.code == "PACKAGE_PLATFORM"
    return str(rejected.value)


@pytest.mark.parametrize("target", [ARM, INTEL], ids=lambda target: target.architecture)
def test_libraries_for_the_target_are_accepted(tmp_path: Path, target: Target) -> None:
    (tmp_path / "core.abi3.so").write_bytes(elf(target.architecture))
    (tmp_path / "libcore.so.1.2").write_bytes(elf(target.architecture))

    check_native_files("worker", tmp_path, target)


@pytest.mark.parametrize(
    ("content", "named"), [(elf("x86_64"), "x86_64"), (MACH_O, "macOS"), (elf("riscv"), "CPU number 243")]
)
def test_a_library_for_another_platform_is_named(tmp_path: Path, content: bytes, named: str) -> None:
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "_core.so").write_bytes(content)

    assert f"arm64/python3.13 on Linux, and has core/_core.so ({named})" in problem(tmp_path, ARM)


def test_a_file_that_only_has_the_name_of_a_library_is_none(tmp_path: Path) -> None:
    (tmp_path / "libcore.so").write_text("INPUT(libcore.so.1)\n")
    (tmp_path / "notes.so.md").write_bytes(elf("x86_64"))
    (tmp_path / "short.so").write_bytes(b"\x7fELF")

    check_native_files("worker", tmp_path, ARM)
    assert machine_of(tmp_path / "short.so") is None


@pytest.mark.parametrize(
    "tags",
    [
        ["py3-none-any"],
        ["py2.py3-none-any"],
        ["cp313-cp313-manylinux_2_17_aarch64.manylinux2014_aarch64"],
        ["cp39-abi3-manylinux_2_28_aarch64"],
        ["cp312-cp312-manylinux_2_17_aarch64", "cp313-cp313-manylinux_2_17_aarch64"],
    ],
)
def test_wheels_for_the_target_are_accepted(tmp_path: Path, tags: list[str]) -> None:
    wheel(tmp_path, *tags)

    check_native_files("worker", tmp_path, ARM)


@pytest.mark.parametrize(
    "tag",
    [
        "cp313-cp313-manylinux_2_17_x86_64",
        "cp313-cp313-macosx_11_0_arm64",
        "cp312-cp312-manylinux_2_17_aarch64",
        "cp314-abi3-manylinux_2_17_aarch64",
        "cp313-cp313-win_arm64",
    ],
)
def test_a_wheel_for_another_platform_or_python_is_named(tmp_path: Path, tag: str) -> None:
    wheel(tmp_path, tag)

    assert f"core-1.0 (a wheel for {tag})" in problem(tmp_path, ARM)


def test_many_of_them_are_counted(tmp_path: Path) -> None:
    for number in range(8):
        (tmp_path / f"_{number}.so").write_bytes(elf("x86_64"))

    assert problem(tmp_path, ARM).count("x86_64") == 5
    assert "and 3 more" in problem(tmp_path, ARM)


def test_a_package_for_this_machine_is_not_judged(tmp_path: Path) -> None:
    (tmp_path / "_core.so").write_bytes(MACH_O)

    check_native_files("worker", tmp_path, Target.of("host", "host"))


def test_a_build_with_a_library_for_the_other_cpu_fails_and_leaves_no_package(tmp_path: Path) -> None:
    app = tmp_path / "project" / "app"
    app.mkdir(parents=True)
    (app / "__init__.py").touch()
    (app / "_core.so").write_bytes(elf("x86_64"))
    package = PythonPackage("worker", (app,), ARM)

    with pytest.raises(PackageError, match=r"app/_core.so \(x86_64\)"):
        package.build(tmp_path / "home", lambda _: None)

    assert not list((tmp_path / "home").rglob("package.zip"))
    (app / "_core.so").write_bytes(elf("arm64"))
    built = package.build(tmp_path / "home", lambda _: None)
    with zipfile.ZipFile(built.ref["path"]) as archive:
        assert archive.read("app/_core.so") == elf("arm64")
