"""Faults with which an image does not start on Lambda, each with the fix of the same package."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from components.image_config import ImageConfig
from components.packaging.target import own_architecture
from tests.components.container_image.conftest import elf
from tests.docker.images import File

APP: Final = b"""
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
HELPER_AT_IMPORT: Final = APP.replace(
    b"\nclass Handler", b"\nimport awslambda\n\nhandler = awslambda.streamify_response(print)\n\nclass Handler"
)
HELPER_IN_A_FUNCTION: Final = APP.replace(
    b"\nclass Handler",
    b"\ndef handler(*call):\n    import awslambda\n\n    return awslambda.streamify_response(print)(*call)\n"
    b"\nclass Handler",
)
SCRIPT: Final = b'#!/bin/sh\nexec /usr/local/bin/python3 -m "${1%.*}"\n'
"""Starts the module of a handler, as the images of Lambda do."""

PYTHON: Final[ImageConfig] = {
    "entry_point": ["/usr/local/bin/python3", "-m"],
    "command": ["app.main"],
    "working_directory": "/var/task",
}
STARTED: Final[ImageConfig] = {
    "entry_point": ["/var/task/start"],
    "command": ["app.main.Handler"],
    "working_directory": "/var/task",
}
OWN: Final = own_architecture()
OTHER: Final = {"arm64": "x86_64", "x86_64": "arm64"}[OWN]


@dataclass(frozen=True, slots=True)
class Variant:
    """What is changed of a package with `app/main.py`, and how it is started."""

    files: Mapping[str, File] = field(default_factory=dict)
    config: ImageConfig = field(default_factory=lambda: PYTHON)
    architecture: str = OWN


@dataclass(frozen=True, slots=True)
class Fault:
    """`message` is the build's; `code` and `reason` are what an engine reports without the checks, where it reports
    anything."""

    broken: Variant
    fixed: Variant
    message: str
    code: int = 0
    reason: str = ""


def started(script: bytes, mode: int = 0o755) -> Variant:
    return Variant({"start": File(script, mode)}, STARTED)


def with_app(source: bytes, **others: bytes) -> Variant:
    return Variant({"app/main.py": File(source), **{f"{name}.py": File(text) for name, text in others.items()}})


FAULTS: Final[Mapping[str, Fault]] = {
    "entry point missing": Fault(
        Variant(config={**STARTED, "entry_point": ["/lambda-entrypoint.sh"]}),
        started(SCRIPT),
        "the entry point /lambda-entrypoint.sh does not exist in the image",
        127,
        "/lambda-entrypoint.sh: no such file or directory",
    ),
    "entry point not executable": Fault(
        started(SCRIPT, 0o644),
        started(SCRIPT),
        "the entry point /var/task/start may not be executed; run chmod 755 /var/task/start",
        126,
        "permission denied",
    ),
    "entry point with Windows line ends": Fault(
        started(SCRIPT.replace(b"\n", b"\r\n")),
        started(SCRIPT),
        "the entry point /var/task/start has Windows line ends, so Linux looks for '/bin/sh\\r'",
        1,
        "no such file or directory",
    ),
    "entry point of another CPU": Fault(
        started(elf(OTHER)),
        started(SCRIPT),
        f"the entry point /var/task/start is for {OTHER}, and the function is for {OWN}",
        1,
        "exec format error",
    ),
    "function of another CPU": Fault(
        Variant(architecture=OTHER),
        Variant(),
        f"the entry point /usr/local/bin/python3 is for {OWN}, and the function is for {OTHER}",
    ),
    "handler path wrong": Fault(
        Variant(config={**PYTHON, "command": ["http.app.main"]}),
        Variant(),
        "there is no module http.app.main in /var/task: looked for /var/task/http/app/main.py and "
        "/var/task/http/app/main/__main__.py",
        1,
        "Error while finding module specification for 'http.app.main'",
    ),
    "handler cannot be imported": Fault(
        with_app(b"import not_packaged\n" + APP),
        with_app(b"import not_packaged\n" + APP, not_packaged=b""),
        "/var/task/app/main.py cannot be imported",
        1,
        "No module named 'not_packaged'",
    ),
    "working directory missing": Fault(
        Variant(config={**PYTHON, "working_directory": "/srv/app"}),
        Variant(),
        "the working directory /srv/app does not exist in the image",
        1,
        "Error while finding module specification for 'app.main'",
    ),
    "streaming helper called at import": Fault(
        with_app(HELPER_AT_IMPORT),
        with_app(HELPER_IN_A_FUNCTION),
        "/var/task/app/main.py calls awslambda.streamify_response in line 7, when it is imported",
        1,
        "No module named 'awslambda'",
    ),
}
