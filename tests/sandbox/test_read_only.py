"""What a process may write when its file system is read-only as on AWS; each test asks one that cannot undo it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox.paths import REPOSITORY
from sandbox.supervisor.emulator import FUNCTION_HOME

LAMBDA = "make_read_only_as_on_lambda"
SESSION = "make_package_read_only"
DENIED = "[Errno 30] Read-only file system (on AWS Lambda, code can write to /tmp only): "

PROGRAM = """
import importlib, json, os, shutil, sqlite3, sys, tempfile
from pathlib import Path
folder, temporary, elsewhere, kind, code = sys.argv[1:]
os.chdir(folder)
from sandbox import read_only
getattr(read_only, kind)(folder)
try:
    result = eval(code)
    print(json.dumps(["done", str(result)]))
except Exception as error:
    print(json.dumps([type(error).__name__, str(error)]))
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "package"
    (folder / "inner").mkdir(parents=True)
    (folder / "data.txt").write_text("content")
    (folder / "module.py").write_text("VALUE = 1\n")
    return folder


def ask(package: Path, code: str, kind: str = LAMBDA) -> Any:  # noqa: ANN401  a kind and a text
    temporary, elsewhere = package.parent / "temporary", package.parent / "elsewhere"
    for folder in (temporary, elsewhere):
        folder.mkdir(exist_ok=True)
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(package), str(temporary), str(elsewhere), kind, code],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(REPOSITORY),
            "TMPDIR": str(temporary),
            "HOME": str(FUNCTION_HOME),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(ended.stdout)


@pytest.mark.parametrize(
    "code",
    [
        "open('new.txt', 'w')",
        "open('data.txt', 'a')",
        "open('data.txt', 'r+b')",
        "open(b'data.txt', 'wb')",
        "os.open('data.txt', os.O_RDWR)",
        "os.open('.', os.O_TMPFILE | os.O_RDWR)",
        "Path('data.txt').write_text('other')",
        "Path('new.txt').touch()",
        "Path('data.txt').touch()",
        "os.makedirs('deep/er/folder')",
        "os.rmdir('inner')",
        "os.remove('data.txt')",
        "os.unlink('data.txt', dir_fd=os.open('.', os.O_RDONLY))",
        "os.mkdir('new', dir_fd=os.open('inner', os.O_RDONLY))",
        "os.rename('data.txt', 'renamed.txt')",
        "os.replace('data.txt', f'{temporary}/moved.txt')",
        "os.symlink('data.txt', 'link')",
        "os.link('data.txt', 'link')",
        "os.truncate('data.txt', 0)",
        "os.chmod('data.txt', 0o600)",
        "os.utime('data.txt')",
        "shutil.rmtree('.')",
        "shutil.copy('data.txt', 'copy.txt')",
        "os.makedirs(os.path.expanduser('~/.cache/library'))",
        "Path.home().mkdir()",
        "open(f'{sys.prefix}/new.txt', 'w')",
        "open(f'{Path(read_only.__file__).parent}/new.txt', 'w')",
        "open('/new.txt', 'w')",
        "[os.symlink(folder, f'{temporary}/link'), open(f'{temporary}/link/data.txt', 'w')]",
        "[os.symlink(f'{folder}/data.txt', f'{temporary}/link'), open(f'{temporary}/link', 'w')]",
    ],
)
def test_python_code_cannot_write_where_lambda_cannot(package: Path, code: str) -> None:
    before = {path: path.read_bytes() if path.is_file() else b"" for path in package.rglob("*")}

    kind, message = ask(package, code)

    assert (kind, message[: len(DENIED)]) == ("OSError", DENIED)
    assert {path: path.read_bytes() if path.is_file() else b"" for path in package.rglob("*")} == before


@pytest.mark.parametrize(
    "code",
    [
        "Path(temporary, 'new.txt').write_text('x')",
        "Path(tempfile.mkdtemp(), 'new.txt').write_text('x')",
        "Path(tempfile.mkdtemp(dir='/tmp')).rmdir()",
        "tempfile.TemporaryFile().write(b'x')",
        "[os.makedirs(f'{temporary}/a/b'), Path(temporary, 'a/b/c').touch(), shutil.rmtree(f'{temporary}/a')]",
        "shutil.copytree(folder, f'{temporary}/copy')",
        "shutil.move(shutil.copy('data.txt', f'{temporary}/one'), f'{temporary}/two')",
        "sqlite3.connect(f'{temporary}/new.db').execute('create table t (a)')",
        "sqlite3.connect(':memory:').execute('create table t (a)')",
        "open('/dev/null', 'w').write('x')",
        "open('data.txt').read()",
        "os.makedirs('inner', exist_ok=True)",
        "os.remove(os.symlink('data.txt', f'{temporary}/link') or f'{temporary}/link')",
    ],
)
def test_the_temporary_folder_can_be_written_to_and_all_can_be_read(package: Path, code: str) -> None:
    assert ask(package, code)[0] == "done"


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("open('absent/new.txt', 'w')", "FileNotFoundError"),
        ("open('absent.txt', 'r+')", "FileNotFoundError"),
        ("os.remove('absent.txt')", "FileNotFoundError"),
        ("os.mkdir('inner')", "FileExistsError"),
        ("open('data.txt', 'x')", "FileExistsError"),
        ("open('inner', 'w')", "IsADirectoryError"),
        ("sqlite3.connect('new.db')", "OperationalError"),
    ],
)
def test_what_fails_for_another_reason_on_lambda_fails_for_that_one(package: Path, code: str, error: str) -> None:
    assert ask(package, code)[0] == error
    assert not (package / "new.db").exists()


@pytest.mark.parametrize("kind", [LAMBDA, SESSION])
def test_imports_leave_no_bytecode_in_the_package(package: Path, kind: str) -> None:
    assert ask(package, "sys.path.append(folder) or importlib.import_module('module').VALUE", kind) == ["done", "1"]
    assert not (package / "__pycache__").exists()


def test_a_session_cannot_change_its_package_but_write_elsewhere(package: Path) -> None:
    kind, message = ask(package, "open('new.txt', 'w')", SESSION)

    assert (kind, "an agent's code must not change its package; write to /tmp" in message) == ("OSError", True)
    assert ask(package, "Path(elsewhere, 'new.txt').write_text('x')", SESSION)[0] == "done"
    assert ask(package, "Path(temporary, 'new.txt').write_text('x')", SESSION)[0] == "done"
