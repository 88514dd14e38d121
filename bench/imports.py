"""The import of each function's handler, as its cold start pays it, against `import strands` in the same run. All come
from one package with the libraries of all functions, with bytecode, as a deployment makes it."""

import re
import subprocess
import tempfile
from pathlib import Path
from statistics import median

from bench.measurement import Measurement, MeasurementError, Options
from bench.package import SOURCES, copied_sources
from bench.traced_package import import_seconds
from components.packaging import IMAGE, PackageError, PythonPackage, Target
from sandbox.paths import REPOSITORY

HANDLER = re.compile(r'"(runtime(?:\.\w+)+)\.handler"')
APPLICATION = "runtime.http.streaming.main"
"""What the image of the streaming endpoint starts."""

AUTHORIZER = "runtime.authorizer"
"""Its library is in a package of its own."""
STRANDS = "strands"
PEER = f"import {STRANDS}"


def measure(options: Options) -> list[Measurement]:
    with tempfile.TemporaryDirectory() as folder:
        try:
            tree, names = build(Path(folder)), [STRANDS, *handlers()]
            # In rounds, so that what else the machine does falls on all of them.
            rounds = [{name: import_seconds(tree, name, 1) for name in names} for _ in range(options.repeats)]
        except (PackageError, subprocess.CalledProcessError) as error:
            raise MeasurementError(str(error)) from error
    times = {name: median(each[name] for each in rounds) for name in names}
    return [Measurement(f"import of {name}", times[name], "s", PEER, times[STRANDS]) for name in names[1:]]


def handlers() -> list[str]:
    """The modules whose handlers the components name, and the application of the image."""
    sources = (module.read_text() for module in (REPOSITORY / "components").rglob("*.py"))
    named = {name for source in sources for name in HANDLER.findall(source)}
    return sorted({*(name for name in named if not name.startswith(AUTHORIZER)), APPLICATION})


def build(folder: Path) -> Path:
    """The unpacked package."""
    sources = copied_sources(folder / "sources")
    package = PythonPackage(
        name="streaming",
        sources=tuple(sources / name for name in SOURCES),
        target=Target.of("host", "host"),
        requirements=REPOSITORY / "requirements" / "streaming.txt",
        limits=IMAGE,
    )
    return package.build(folder / "home", report=lambda _: None).tree
