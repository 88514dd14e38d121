"""The package of the traced function, against the 89 MB of one that was built in a container, and pip with zip in the
same run; and the import of its handler, against that of Strands alone, from the package itself."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from bench.measurement import Measurement, MeasurementError, Options, seconds
from bench.package import MB, PEER, SOURCES, pip_and_zip
from components.packaging import BuiltPackage, PackageError, PythonPackage, Target
from components.packaging.sizes import part_sizes
from components.traced_function.services import AWS_SERVICES
from sandbox.paths import REPOSITORY

REQUIREMENTS = REPOSITORY / "requirements" / "traced.txt"
CONTAINER = "the same kind of function, built in a container"
CONTAINER_MB = 89.0
GOAL = 0.6
HANDLER = "runtime.http.traced.function"

IMPORT = """
import sys, time
sys.path.insert(0, sys.argv[1])
started = time.perf_counter()
__import__(sys.argv[2])
print(time.perf_counter() - started)
"""


def measure(options: Options) -> list[Measurement]:
    with tempfile.TemporaryDirectory() as folder:
        try:
            return measure_in(Path(folder), options)
        except (PackageError, subprocess.CalledProcessError) as error:
            raise MeasurementError(str(error)) from error


def measure_in(folder: Path, options: Options) -> list[Measurement]:
    sources = folder / "sources"
    for name in SOURCES:
        shutil.copytree(REPOSITORY / name, sources / name, ignore=shutil.ignore_patterns("__pycache__"))
    built = build(folder / "home")
    pip_and_zip(sources, folder / "first", REQUIREMENTS)
    peer = seconds(lambda: pip_and_zip(sources, folder / "peer", REQUIREMENTS))
    zipped, unpacked = built.manifest.zip_bytes / MB, sum(part_sizes(built.tree).values()) / MB
    own = seconds(lambda: build(folder / "again"))
    handler = import_seconds(built.tree, HANDLER, options.repeats)
    return [
        Measurement("traced function, built from the installer's cache", own, "s", PEER, peer),
        Measurement("traced function, zip", zipped, "MB", CONTAINER, CONTAINER_MB, goal=GOAL, goal_is_ratio=True),
        Measurement("traced function, zip", zipped, "MB", PEER, (folder / "peer.zip").stat().st_size / MB),
        Measurement("traced function, unpacked with bytecode", unpacked, "MB", CONTAINER, CONTAINER_MB),
        Measurement(
            "traced function, import of its handler",
            handler,
            "s",
            "import strands",
            import_seconds(built.tree, "strands", options.repeats),
        ),
    ]


def build(home: Path) -> BuiltPackage:
    package = PythonPackage(
        name="traced",
        sources=tuple(REPOSITORY / name for name in SOURCES),
        target=Target.of("host", "host"),
        requirements=REQUIREMENTS,
        modules=("agents.assistant",),
        aws_services=AWS_SERVICES,
    )
    return package.build(home, report=lambda _: None)


def import_seconds(tree: Path, module: str, repeats: int) -> float:
    """The median time of the import in new processes that have the package and Python's own library only."""
    command = [sys.executable, "-I", "-S", "-c", IMPORT, str(tree), module]
    ran = [subprocess.run(command, check=True, capture_output=True, text=True).stdout for _ in range(repeats)]  # noqa: S603  our own code
    return median(map(float, ran))
