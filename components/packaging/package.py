"""Builds a package from sources and locked dependencies for a target, once for each content."""

import shutil
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from hashlib import file_digest, sha256
from pathlib import Path

from components.packaging import archive
from components.packaging.built import MANIFEST_VERSION, BuiltPackage, Manifest, write_manifest
from components.packaging.bytecode import compile_tree, interpreter_of
from components.packaging.cache import built_once
from components.packaging.dependencies import (
    BUILDER,
    SCRIPTS,
    SCRIPTS_REASON,
    Dependencies,
    dependencies_key,
    install,
    locked,
)
from components.packaging.entry_points import check_entry_points
from components.packaging.errors import PackageError
from components.packaging.exclusions import SENSITIVE
from components.packaging.installed_modules import preinstalled_modules
from components.packaging.limits import LAMBDA, PackageLimits
from components.packaging.name_clashes import check_names
from components.packaging.native_files import check_native_files
from components.packaging.sizes import LARGEST, check_size, check_zip_size, part_sizes
from components.packaging.sources import TESTS_REASON, SourceFile, Sources, content_hash, source_files
from components.packaging.target import Target


def to_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


@dataclass(frozen=True, slots=True)
class PythonPackage:
    """A zip of source folders and modules (under their own names) and the dependencies of a locked requirements file.

    `preinstalled` names distributions that the service's runtime already has, so they are left out. `limits` are those
    of the service. `entry_points` are the modules at the zip's root that the service starts; the build imports them.
    `modules` are the dotted names of modules that the code imports by their names, such as agents; the build rejects
    those with an import that fails. `aws_services` are those of which the code makes clients, by botocore's names: the
    package leaves out botocore's descriptions of all others, of several hundred; none keeps all.
    """

    name: str
    sources: tuple[Path, ...]
    target: Target
    requirements: Path | None = None
    preinstalled: tuple[str, ...] = ()
    limits: PackageLimits = LAMBDA
    entry_points: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    aws_services: tuple[str, ...] = ()

    def build(self, home: Path, report: Callable[[str], None] = to_stderr) -> BuiltPackage:
        """Returns the package, from the cache below `home` if the same content was built before.

        A package that was changed after it was built is built again. Raises PackageError if a source or the
        requirements file is invalid, the installer fails, an entry point cannot start, or the package is larger than
        its service allows.
        """
        sources = source_files(self.sources, home, self.modules)
        lock = locked(self.requirements, self.preinstalled) if self.requirements else ""
        folder = home / "packages" / self._key(sources.files, lock)

        def build(building: Path) -> None:
            self._build(building, home, sources, lock, report)

        return BuiltPackage.load(built_once(folder, build, report))

    def _key(self, files: list[SourceFile], lock: str) -> str:
        parts = [
            *(
                MANIFEST_VERSION,
                self.name,
                ",".join(self.preinstalled),
                self.limits.service,
                ",".join(self.entry_points),
                ",".join(self.modules),
            ),
            *(dependencies_key(lock, self.target, self.aws_services), content_hash(files)),
        ]
        return sha256("\0".join(parts).encode()).hexdigest()[:32]

    def _build(self, folder: Path, home: Path, sources: Sources, lock: str, report: Callable[[str], None]) -> None:
        tree, package = folder / "tree", folder / "package.zip"
        interpreter = interpreter_of(self.target)
        services = self.aws_services
        dependencies = install(self.name, lock, self.target, interpreter, home, report, services) if lock else None
        if dependencies:
            # Hard links: all packages share one copy of the dependencies on the disk.
            shutil.copytree(dependencies.tree, tree, copy_function=_link)
            shutil.copyfile(dependencies.layer, package)
        own = self._add_sources(tree, sources.files, interpreter)
        check_native_files(self.name, tree, self.target)
        sizes = part_sizes(tree)
        check_size(self.name, sizes, self.limits)
        tops = sorted({name.split("/", 1)[0] for name in own})
        preinstalled = preinstalled_modules(self.preinstalled, self.limits.service)
        check_entry_points(self.name, tree, self.entry_points, self.modules, self.target, tops, preinstalled)
        archive.append(package, tree, own)
        check_zip_size(self.name, package.stat().st_size, self.limits)
        manifest = self._manifest(package, sizes, dependencies, sources, bytecode=bool(interpreter))
        for remark in manifest.remarks:
            # A Python that is not here is missing for every package of the program.
            report(remark if remark == no_bytecode(self.target) else f"{self.name} package: {remark}")
        write_manifest(folder, asdict(manifest))

    def _add_sources(self, tree: Path, files: list[SourceFile], interpreter: str | None) -> list[str]:
        """Copies the sources next to the dependencies, compiles them, and returns the paths that were added."""
        tree.mkdir(exist_ok=True)
        tops = sorted({file.name.split("/", 1)[0] for file in files})
        check_names(self.name, tree, tops, self.requirements.name if self.requirements else "")
        for file in files:
            copy = tree / file.name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file.path, copy)
            copy.chmod(file.mode)
        wrong = compile_tree(tree, interpreter, tops) if interpreter else ""
        if wrong:
            raise PackageError(
                "PACKAGE_SOURCE", f"package {self.name}: its code is not Python {self.target.python_version}: {wrong}"
            )
        return [name for name in archive.files_below(tree) if name.split("/", 1)[0] in tops]

    def _manifest(
        self,
        package: Path,
        sizes: Counter[str],
        dependencies: Dependencies | None,
        sources: Sources,
        *,
        bytecode: bool,
    ) -> Manifest:
        installed = dependencies.manifest if dependencies else None
        with package.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
        compiled = bytecode and (installed is None or installed.bytecode)
        return Manifest(
            name=self.name,
            python_version=self.target.python_version,
            architecture=self.target.architecture,
            system=self.target.system,
            builder=BUILDER,
            sources=[source.name for source in self.sources],
            skipped=sources.skipped,
            preinstalled=list(self.preinstalled),
            dependencies=installed.versions if installed else {},
            left_out={**sources.left_out, **({SCRIPTS: SCRIPTS_REASON} if installed else {})},
            bytecode=compiled,
            remarks=[*_left_out(sources.left_out), *([] if compiled else [no_bytecode(self.target)])],
            zip_sha256=digest,
            zip_bytes=package.stat().st_size,
            unzipped_bytes=sizes.total(),
            largest=dict(sizes.most_common(LARGEST)),
        )


def _left_out(left_out: Mapping[str, str]) -> list[str]:
    return [
        f"{', '.join(name for name, why in left_out.items() if why == reason)} left out: {reason}"
        for reason in (TESTS_REASON, SENSITIVE)
        if reason in left_out.values()
    ]


def no_bytecode(target: Target) -> str:
    return (
        f"no {target.runtime} on this machine, so packages for it have no bytecode and their imports take three to "
        f"four times as long; run uv python install {target.python_version} and remove .longrun/packages and "
        ".longrun/dependencies"
    )


def _link(source: str, target: str) -> str:
    Path(target).hardlink_to(source)
    return target
