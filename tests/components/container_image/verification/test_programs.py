"""The checks of programs on a real one: the Python that runs the tests."""

import platform
import sys
from pathlib import Path

import pytest

from components.container_image.verification.elf import ElfFile
from components.container_image.verification.image_files import ImageFiles
from components.container_image.verification.libraries import Libraries
from components.container_image.verification.problem import ImageProblemError
from components.container_image.verification.programs import Programs

ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
PROGRAM = str(Path(sys.executable).resolve())

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="programs are ELF files on Linux")


def programs(architecture: str) -> Programs:
    files = ImageFiles(Path("/"))
    return Programs(files, Libraries(files), architecture)


def test_a_program_of_this_machine_could_start_here() -> None:
    programs(ARCHITECTURES[platform.machine()]).check(PROGRAM, "the entry point")

    found = ElfFile.parse(PROGRAM, Path(PROGRAM).read_bytes())
    assert "libc.so.6" in found.libraries
    assert Path(found.interpreter).exists()


def test_a_program_of_this_machine_could_not_start_on_another_cpu() -> None:
    other = {"x86_64": "arm64", "arm64": "x86_64"}[ARCHITECTURES[platform.machine()]]

    with pytest.raises(ImageProblemError, match=f"and the function is for {other}"):
        programs(other).check(PROGRAM, "the entry point")
