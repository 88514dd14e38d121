"""A ContainerImage's arguments as the program gives them, with a small package; and folders as images."""

import struct
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from components.container_image import ContainerImage, ContainerImageArgs
from components.refs import CodeRef
from tests.components.harness import Deployment, deploy

Deploy = Callable[[ContainerImageArgs], Deployment]

MACHINE = {"x86_64": 62, "arm64": 183}
LOADER = "/lib64/ld-linux.so.2"


def package(folder: Path, *, distribution: str = "starlette", version: str = "0.50.0") -> CodeRef:
    """A package as PythonPackage leaves it, with one distribution in it."""
    tree = folder / "tree"
    information = tree / f"{distribution}-{version}.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
    (tree / "main.py").write_text("def main(): ...\n")
    with zipfile.ZipFile(folder / "package.zip", "w") as zipped:
        for file in sorted(tree.rglob("*.*")):
            if file.is_file():
                zipped.writestr(str(file.relative_to(tree)), file.read_text())
    return {
        "path": str(folder / "package.zip"),
        "runtime": "python3.13",
        "architecture": "arm64",
        "tree": str(tree),
    }


@pytest.fixture(scope="session")
def args(tmp_path_factory: pytest.TempPathFactory) -> ContainerImageArgs:
    folder = tmp_path_factory.mktemp("packages")
    return {"package": package(folder), "home": str(folder / "home")}


@pytest.fixture(scope="session")
def deployed(args: ContainerImageArgs) -> Deployment:
    return deploy(lambda: ContainerImage("stream-image", args))


@pytest.fixture
def deploy_with(args: ContainerImageArgs) -> Deploy:
    """Deploys with some arguments changed."""
    return lambda changed: deploy(lambda: ContainerImage("stream-image", {**args, **changed}))


def elf(
    architecture: str = "x86_64", *, loader: str = "", libraries: Sequence[str] = (), search: str = "", bits: int = 2
) -> bytes:
    """A program with the parts that a loader reads; it cannot be executed."""
    strings = b"\0" + b"".join(text.encode() + b"\0" for text in (*libraries, search))
    places = [1 + sum(len(text) + 1 for text in libraries[:index]) for index in range(len(libraries))]
    entries = [(1, place) for place in places]
    if search:
        entries.append((29, 1 + sum(len(text) + 1 for text in libraries)))
    address = 0x1000
    table = 64 + 3 * 56
    dynamic_size = (len(entries) + 2) * 16
    strings_at = table + dynamic_size
    loader_at = strings_at + len(strings)
    entries += [(5, address + strings_at), (0, 0)]
    dynamic = b"".join(struct.pack("<qQ", tag, value) for tag, value in entries)
    interpreter = loader.encode() + b"\0" if loader else b""
    whole = loader_at + len(interpreter)
    segments = [(1, 0, whole), (2, table, dynamic_size), (3 if loader else 0, loader_at, len(interpreter))]
    headers = b"".join(
        struct.pack("<IIQQQQQQ", kind, 5, offset, address + offset, address + offset, size, size, 8)
        for kind, offset, size in segments
    )
    start = b"\x7fELF" + bytes([bits, 1, 1]) + bytes(9)
    header = struct.pack("<HHIQQQIHHHHHH", 3, MACHINE[architecture], 1, 0, 64, 0, 0, 64, 56, 3, 0, 0, 0)
    return start + header + headers + dynamic + strings + interpreter


class Image:
    """A folder that is an image: a Python, the web adapter, and an application."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.put("/usr/local/bin/python3", elf(loader=LOADER, libraries=["libc.so.6"]), 0o755)
        self.put("/opt/extensions/lambda-adapter", elf(), 0o755)
        self.put(LOADER, elf(), 0o755)
        self.put("/usr/lib/x86_64-linux-gnu/libc.so.6", elf(), 0o644)
        self.put("/var/task/app/__init__.py", b"")
        self.put("/var/task/app/main.py", b"def main():\n    import uvicorn\n    uvicorn.run(None)\n")

    def put(self, path: str, content: bytes, mode: int = 0o644) -> None:
        place = self.root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.write_bytes(content)
        place.chmod(mode)

    def link(self, path: str, target: str) -> None:
        place = self.root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.symlink_to(target)

    def remove(self, path: str) -> None:
        (self.root / path.lstrip("/")).unlink()


@pytest.fixture
def image(tmp_path: Path) -> Image:
    return Image(tmp_path / "image")
