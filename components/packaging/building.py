"""Builds several packages in parallel: installer, compiler and archiver of each use a core of their own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from components.packaging.built import BuiltPackage
from components.packaging.package import PythonPackage, to_stderr


def build_all(
    packages: Sequence[PythonPackage], home: Path, report: Callable[[str], None] = to_stderr
) -> list[BuiltPackage]:
    """Returns all packages, in their order. Lines are reported in the calling thread, as Pulumi's log requires; one
    that several packages have in common is reported once.

    Raises the first PackageError after all builds have ended.
    """
    lines: SimpleQueue[str | None] = SimpleQueue()
    reported: set[str] = set()
    with ThreadPoolExecutor(len(packages)) as pool:
        builds = [pool.submit(package.build, home, lines.put) for package in packages]
        for build in builds:
            build.add_done_callback(lambda _: lines.put(None))
        for _ in builds:
            while (line := lines.get()) is not None:
                if line not in reported:
                    reported.add(line)
                    report(line)
    return [build.result() for build in builds]
