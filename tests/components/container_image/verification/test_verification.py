"""What the build of an image checks, on folders: each fault of an image, and the file that the message names."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from components.container_image.context import VERIFICATION
from components.container_image.verification.__main__ import main, verify
from components.container_image.verification.problem import ImageProblemError
from tests.components.container_image.conftest import LOADER, Image, elf

PYTHON = "/usr/local/bin/python3"
ADAPTER = "/opt/extensions/lambda-adapter"
MAIN = "/var/task/app/main.py"
ENTRY_POINT, COMMAND = [PYTHON, "-m"], ["app.main"]


def checked(
    image: Image,
    entry_point: list[str] = ENTRY_POINT,
    command: list[str] = COMMAND,
    folder: str = "/var/task",
    architecture: str = "x86_64",
) -> list[str]:
    return verify(image.root, architecture, entry_point, command, folder)


def problem(image: Image, **changed: object) -> str:
    with pytest.raises(ImageProblemError) as caught:
        checked(image, **changed)  # type: ignore[arg-type]  # of checked
    return str(caught.value)


def test_an_image_that_can_start_passes(image: Image) -> None:
    assert checked(image) == [
        f"{PYTHON} can be executed on x86_64",
        f"{ADAPTER} has its libraries",
        "app.main can be imported in /var/task",
    ]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        pytest.param(
            lambda image: image.remove(PYTHON), f"the entry point {PYTHON} does not exist in the image", id="missing"
        ),
        pytest.param(lambda image: image.put(PYTHON, elf(), 0o644), "may not be executed", id="not executable"),
        pytest.param(lambda image: image.put(PYTHON, elf(), 0o744), "may not be executed", id="for its owner only"),
        pytest.param(
            lambda image: image.put(PYTHON, elf("arm64"), 0o755),
            f"{PYTHON} is for arm64, and the function is for x86_64",
            id="another CPU",
        ),
        pytest.param(lambda image: image.put(PYTHON, elf(bits=1), 0o755), "64 bits", id="32 bits"),
        pytest.param(lambda image: image.put(PYTHON, elf()[:70], 0o755), "damaged", id="cut off"),
        pytest.param(lambda image: image.put(PYTHON, b"exec app\n", 0o755), "neither a program nor", id="no #! line"),
        pytest.param(
            lambda image: image.put(PYTHON, b"#!/bin/sh\r\nexec app\r\n", 0o755),
            "Windows line ends, so Linux looks for '/bin/sh\\r'",
            id="Windows line ends",
        ),
        pytest.param(
            lambda image: image.put(PYTHON, b"#!/bin/sh -e\nexec app\n", 0o755),
            f"the interpreter of {PYTHON} /bin/sh does not exist",
            id="interpreter missing",
        ),
        pytest.param(lambda image: image.put(PYTHON, b"#! env\n", 0o755), "absolute path", id="interpreter relative"),
        pytest.param(lambda image: image.put(PYTHON, b"#!\n", 0o755), "no interpreter", id="#! line empty"),
        pytest.param(
            lambda image: image.put(PYTHON, f"#!{PYTHON}\n".encode(), 0o755), "is a script, as are 5", id="a circle"
        ),
        pytest.param(lambda image: image.remove(LOADER), f"loaded by {LOADER}, which does not exist", id="loader"),
        pytest.param(
            lambda image: image.remove("/usr/lib/x86_64-linux-gnu/libc.so.6"), "needs libc.so.6", id="library missing"
        ),
        pytest.param(
            lambda image: image.put("/usr/lib/x86_64-linux-gnu/libc.so.6", elf("arm64")),
            "needs libc.so.6, which is not in the image for x86_64",
            id="library of another CPU",
        ),
        pytest.param(lambda image: image.link(PYTHON, PYTHON), "circle of links", id="links in a circle"),
        pytest.param(
            lambda image: image.remove(ADAPTER), f"the extension {ADAPTER} does not exist", id="adapter missing"
        ),
        pytest.param(
            lambda image: image.put(ADAPTER, elf(libraries=["libgcc_s.so.1"]), 0o755),
            f"the extension {ADAPTER} needs libgcc_s.so.1",
            id="library of the adapter",
        ),
        pytest.param(
            lambda image: image.put("/opt/extensions/other", elf("arm64"), 0o755),
            "the extension /opt/extensions/other is for arm64",
            id="another extension",
        ),
        pytest.param(lambda image: image.remove(MAIN), f"looked for {MAIN} and", id="module missing"),
        pytest.param(lambda image: image.put(MAIN, b"", 0o600), "may not be read", id="module not readable"),
        pytest.param(lambda image: image.put(MAIN, b"def"), f"{MAIN} is not Python", id="not Python"),
        pytest.param(
            lambda image: image.put(MAIN, b"import not_there_at_all\n"),
            f"{MAIN} cannot be imported: Traceback",
            id="import fails",
        ),
        pytest.param(
            lambda image: image.put(MAIN, b"import awslambda\nhandler = awslambda.streamify_response(print)\n"),
            f"{MAIN} calls awslambda.streamify_response in line 2",
            id="streaming helper",
        ),
        pytest.param(
            lambda image: image.put(MAIN, b"from uvicorn import run as serve\nserve(None)\n"),
            "calls uvicorn.run in line 2",
            id="server",
        ),
        pytest.param(
            lambda image: image.put(MAIN, b"@aws.streamifyResponse\ndef handler(): ...\n"),
            "calls aws.streamifyResponse in line 1",
            id="decorator",
        ),
    ],
)
def test_a_fault_fails_the_build_with_the_file(image: Image, spoil: Callable[[Image], None], message: str) -> None:
    spoil(image)

    assert message in problem(image)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"entry_point": ["python3", "-m"]}, "the entry point is 'python3'; give an absolute path"),
        ({"entry_point": ["/usr/local/bin", "-m"]}, "/usr/local/bin is a folder"),
        ({"entry_point": []}, "the entry point is empty"),
        ({"folder": "var/task"}, "the working directory is 'var/task'"),
        ({"folder": "/srv"}, "the working directory /srv does not exist"),
        ({"command": ["app.server"]}, "looked for /var/task/app/server.py and /var/task/app/server/__main__.py"),
        ({"entry_point": [PYTHON], "command": []}, "starts no Python module"),
        ({"entry_point": [PYTHON], "command": ["app/main.stream"]}, "it defines no function stream"),
        ({"entry_point": [PYTHON], "command": ["http/main.handler"]}, "looked for /var/task/http/main.py"),
        ({"architecture": "arm64"}, "is for x86_64, and the function is for arm64"),
    ],
)
def test_a_configuration_that_does_not_fit_the_image_fails_the_build(
    image: Image, changed: dict[str, object], message: str
) -> None:
    assert message in problem(image, **changed)


def test_a_handler_in_lambdas_form_is_found_by_its_path(image: Image) -> None:
    assert "app.main can be imported in /var/task" in checked(image, [PYTHON], ["app/main.main"])


def test_links_lead_where_they_would_lead_in_the_image(image: Image) -> None:
    image.put("/usr/local/bin/python3.13", elf(), 0o755)
    image.link(PYTHON, "/usr/local/bin/python3.13")
    image.link("/bin", "usr/../usr/local/bin")

    assert checked(image, ["/bin/python3", "-m"])


def test_a_script_starts_where_all_its_interpreters_do(image: Image) -> None:
    image.put("/start", f"#!{PYTHON} -u\n".encode(), 0o755)

    assert checked(image, ["/start"], ["app.main.main"])


@pytest.mark.parametrize(
    ("search", "place"),
    [("$ORIGIN/../lib", "/opt/lib/libz.so.1"), ("", "/opt/more/libz.so.1"), ("/usr/lib/z", "/usr/lib/z/libz.so.1")],
    ids=["beside the program", "configured", "stated"],
)
def test_a_library_is_found_where_the_loader_looks(image: Image, search: str, place: str) -> None:
    image.put(ADAPTER, elf(libraries=["libz.so.1"], search=search), 0o755)
    image.put("/etc/ld.so.conf.d/more.conf", b"# more\n/opt/more\n")
    assert "needs libz.so.1" in problem(image)

    image.put(place, elf(libraries=["libc.so.6"]))

    assert checked(image)


def test_libraries_of_libraries_are_looked_for_too(image: Image) -> None:
    image.put(ADAPTER, elf(libraries=["libz.so.1"]), 0o755)
    image.put("/usr/lib/libz.so.1", elf(libraries=["libm.so.6"]))

    assert f"the extension {ADAPTER} needs libm.so.6 (by /usr/lib/libz.so.1)" in problem(image)


def test_a_start_below_main_or_in_a_function_is_no_start_at_import(image: Image) -> None:
    image.put(MAIN, b"def main():\n    asyncio.run(x)\n\nif __name__ == '__main__':\n    asyncio.run(x)\n")

    assert checked(image)


def test_the_program_of_the_build_needs_no_file_of_the_project(image: Image, tmp_path: Path) -> None:
    mark = tmp_path / "made" / "verified"
    given = ["--entry-point", json.dumps(ENTRY_POINT), "--command", json.dumps(COMMAND)]
    command = [sys.executable, "-I", "-c", "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); "]
    command[-1] += "runpy.run_module('verification', run_name='__main__', alter_sys=True)"
    command += [str(VERIFICATION.parent), "--root", str(image.root), "--architecture", "x86_64", *given]
    command += ["--working-directory", "/var/task", "--mark", str(mark)]

    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)  # noqa: S603  our own

    assert (done.returncode, done.stderr) == (0, "")
    assert mark.read_text().splitlines()[0] == f"{PYTHON} can be executed on x86_64"


def test_a_fault_leaves_no_mark(image: Image, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image.remove(MAIN)
    mark = tmp_path / "verified"
    given = ["--root", str(image.root), "--architecture", "x86_64", "--working-directory", "/var/task"]

    code = main(
        [*given, "--entry-point", '["/usr/local/bin/python3", "-m"]', "--command", '["app.main"]', "--mark", str(mark)]
    )

    assert code == 1
    assert not mark.exists()
    assert MAIN in capsys.readouterr().err
