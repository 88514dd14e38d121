"""The build time of the worker's package: nothing built, one source changed, nothing changed. The peer, pip and zip,
repeats all the work. Both have their downloads in a cache."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.measurement import Measurement, MeasurementError, Options, median_seconds, seconds
from components.packaging import BuiltPackage, PackageError, PythonPackage, Target
from sandbox.paths import REPOSITORY

REQUIREMENTS = REPOSITORY / "requirements" / "worker.txt"
SOURCES = ("agents", "contract", "runtime", "tools")
UNCHANGED_GOAL_SECONDS = 0.1
PEER = "pip install -t, then zip"
MB = 1_000_000


def measure(options: Options) -> list[Measurement]:
    with tempfile.TemporaryDirectory() as folder:
        try:
            return measure_in(Path(folder), options)
        except (PackageError, subprocess.CalledProcessError) as error:
            raise MeasurementError(str(error)) from error


def measure_in(folder: Path, options: Options) -> list[Measurement]:
    sources = copied_sources(folder / "sources")
    build(sources, folder / "downloads")
    pip_and_zip(sources, folder / "first")

    home = folder / "home"
    cold = seconds(lambda: build(sources, home))
    (sources / SOURCES[0] / "changed.py").write_text("CHANGED = True\n")
    warm = seconds(lambda: build(sources, home))
    unchanged = median_seconds(lambda: build(sources, home), options.repeats)
    built = build(sources, home).manifest.zip_bytes / MB
    peer = seconds(lambda: pip_and_zip(sources, folder / "second"))
    peer_built = (folder / "second.zip").stat().st_size / MB
    return [
        Measurement("package, nothing built", cold, "s", PEER, peer),
        Measurement("package, one source changed", warm, "s", PEER, peer),
        Measurement("package, nothing changed", unchanged, "s", PEER, peer, goal=UNCHANGED_GOAL_SECONDS),
        Measurement("size of the zip", built, "MB", PEER, peer_built),
    ]


def copied_sources(folder: Path) -> Path:
    for name in SOURCES:
        shutil.copytree(REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def build(sources: Path, home: Path) -> BuiltPackage:
    package = PythonPackage(
        name="worker",
        sources=tuple(sources / name for name in SOURCES),
        target=Target.of("host", "host"),
        requirements=REQUIREMENTS,
    )
    return package.build(home, report=lambda _: None)


def pip_and_zip(sources: Path, target: Path, requirements: Path = REQUIREMENTS) -> None:
    """Does what AWS's guide for zip packages describes: dependencies and own code into a folder, then a zip."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    command += ["--no-deps", "--target", str(target), "--requirement", str(requirements)]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603
    shutil.copytree(sources, target, dirs_exist_ok=True)
    shutil.make_archive(str(target), "zip", target)
