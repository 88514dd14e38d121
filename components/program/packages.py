"""The packages of the program: the code of each function, runtime and image, with what it needs."""

from pathlib import Path
from typing import Final

import pulumi

from components.packaging import AGENTCORE, IMAGE, PythonPackage, Target, build_all, longrun_home
from components.refs import CodeRef
from components.stack_config.settings import Settings

GATEWAY: Final = "gateway"
WORKER: Final = "worker"
AGENT: Final = "agent"
AUTHORIZER: Final = "authorizer"
TRACED: Final = "traced"
STREAMING: Final = "streaming"


def build_packages(root: Path, settings: Settings) -> dict[str, CodeRef]:
    """The packages by name, those that the stack needs; `root` is the program's folder."""
    built = build_all([*_always(root, settings), *_optional(root, settings)], longrun_home(root), pulumi.log.info)
    return {package.manifest.name: package.ref for package in built}


def target_of(settings: Settings) -> Target:
    """The Python and the CPU of the functions."""
    return Target.of(settings.python_version, settings.architecture)


def _always(root: Path, settings: Settings) -> list[PythonPackage]:
    servers = (root / "runtime/agentcore/agent_main.py", root / "tools/server/tools_main.py")
    return [
        PythonPackage(
            name=GATEWAY,
            sources=_runtime(root),
            target=target_of(settings),
            requirements=_lock(root, "gateway"),
            preinstalled=("boto3",),
        ),
        PythonPackage(
            name=WORKER,
            sources=_agents(root),
            target=target_of(settings),
            requirements=_lock(root, "worker"),
            modules=_modules(settings.agents),
        ),
        PythonPackage(
            name=AGENT,
            sources=(*_agents(root), *servers),
            target=Target.of(settings.python_version, settings.agentcore_architecture),
            requirements=_lock(root, "agent"),
            limits=AGENTCORE,
            entry_points=tuple(server.name for server in servers),
            modules=_modules(settings.background_agents),
        ),
    ]


def _optional(root: Path, settings: Settings) -> list[PythonPackage]:
    target, packages = target_of(settings), []
    if settings.authorization == "JWT":
        packages.append(
            PythonPackage(
                name=AUTHORIZER,
                sources=_runtime(root),
                target=target,
                requirements=_lock(root, "authorizer"),
                preinstalled=("boto3",),
            )
        )
    if settings.traced.has_own_package(settings.agents):
        packages.append(
            PythonPackage(
                name=TRACED,
                sources=_agents(root),
                target=target,
                requirements=_lock(root, settings.traced.lock(settings.model_provider)),
                modules=_modules([settings.traced.traced_agent]),
                aws_services=settings.traced.aws_services,
            )
        )
    if settings.stream.is_built:
        packages.append(
            PythonPackage(
                name=STREAMING,
                sources=_agents(root),
                target=target,
                requirements=_lock(root, "streaming"),
                limits=IMAGE,
                modules=("runtime.http.streaming.main", *_modules(settings.agents)),
            )
        )
        packages += [
            PythonPackage(name=extra, sources=(), target=target, requirements=_lock(root, extra), limits=IMAGE)
            for extra in settings.stream.stream_extras
        ]
    return packages


def _runtime(root: Path) -> tuple[Path, ...]:
    return root / "contract", root / "runtime"


def _agents(root: Path) -> tuple[Path, ...]:
    return root / "agents", *_runtime(root), root / "tools"


def _lock(root: Path, name: str) -> Path:
    return root / "requirements" / f"{name}.txt"


def _modules(agents: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return tuple(f"agents.{name}" for name in agents)
