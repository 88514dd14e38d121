"""Several packages side by side: the installer, the compiler and the archiver of each take a core of their own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from components.python_package.built import BuiltPackage
from components.python_package.package import PythonPackage, to_stderr


def build_all(
    packages: Sequence[PythonPackage], home: Path, report: Callable[[str], None] = to_stderr
) -> list[BuiltPackage]:
    """All packages, in their order. Lines are reported in the calling thread; Pulumi's log takes them in no other.

    Raises the first PackageError, once all have ended.
    """
    lines: SimpleQueue[str | None] = SimpleQueue()
    with ThreadPoolExecutor(len(packages)) as pool:
        builds = [pool.submit(package.build, home, lines.put) for package in packages]
        for build in builds:
            build.add_done_callback(lambda _: lines.put(None))
        for _ in builds:
            while (line := lines.get()) is not None:
                report(line)
    return [build.result() for build in builds]
