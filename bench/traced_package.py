"""The package of the traced function, against pip with zip in the same run, and against the 89 MB that the same kind of
function had; and the import of its handler, against that of Strands alone, from the package itself."""

import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from bench.measurement import Measurement, MeasurementError, Options, median_seconds, seconds
from bench.package import MB, PEER, SOURCES, UNCHANGED_GOAL_SECONDS, copied_sources, pip_and_zip
from components.packaging import BuiltPackage, PackageError, PythonPackage, Target
from components.packaging.sizes import part_sizes
from components.traced_function.services import AWS_SERVICES
from sandbox.paths import REPOSITORY

REQUIREMENTS = REPOSITORY / "requirements" / "traced.txt"
EARLIER = "the same kind of function before"
EARLIER_MB = 89.0
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
    sources = copied_sources(folder / "sources")
    build(sources, folder / "downloads")
    pip_and_zip(sources, folder / "first", REQUIREMENTS)
    peer = seconds(lambda: pip_and_zip(sources, folder / "peer", REQUIREMENTS))
    home = folder / "home"
    cold = seconds(lambda: build(sources, home))
    (sources / SOURCES[0] / "changed.py").write_text("CHANGED = True\n")
    warm = seconds(lambda: build(sources, home))
    unchanged = median_seconds(lambda: build(sources, home), options.repeats)
    built = build(sources, home)
    handler, strands = (import_seconds(built.tree, module, options.repeats) for module in (HANDLER, "strands"))
    return [
        Measurement("traced function, nothing built", cold, "s", PEER, peer),
        Measurement("traced function, one source changed", warm, "s", PEER, peer),
        Measurement("traced function, nothing changed", unchanged, "s", PEER, peer, goal=UNCHANGED_GOAL_SECONDS),
        *sizes(built, folder / "peer"),
        Measurement("traced function, import of its handler", handler, "s", "import strands", strands),
    ]


def sizes(built: BuiltPackage, peer: Path) -> list[Measurement]:
    """Bytecode is shown apart: it makes imports three times as fast and the package half as large again."""
    zipped, peer_zipped = built.manifest.zip_bytes / MB, peer.with_suffix(".zip").stat().st_size / MB
    whole, code = size(built.tree), size(built.tree) - bytecode(built.tree)
    peer_whole, peer_code = size(peer), size(peer) - bytecode(peer)
    return [
        Measurement("traced function, zip", zipped, "MB", EARLIER, EARLIER_MB, goal=GOAL, goal_is_ratio=True),
        Measurement("traced function, zip", zipped, "MB", PEER, peer_zipped),
        Measurement("traced function, unpacked", code, "MB", EARLIER, EARLIER_MB, goal=GOAL, goal_is_ratio=True),
        Measurement("traced function, unpacked", code, "MB", PEER, peer_code),
        Measurement("traced function, unpacked with bytecode", whole, "MB", EARLIER, EARLIER_MB),
        Measurement("traced function, unpacked with bytecode", whole, "MB", PEER, peer_whole),
    ]


def size(tree: Path) -> float:
    return sum(part_sizes(tree).values()) / MB


def bytecode(tree: Path) -> float:
    return sum(file.stat().st_size for file in tree.rglob("*.pyc")) / MB


def build(sources: Path, home: Path) -> BuiltPackage:
    package = PythonPackage(
        name="traced",
        sources=tuple(sources / name for name in SOURCES),
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
