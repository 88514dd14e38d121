from pathlib import Path

import pytest

from sandbox.errors import SandboxCode, SandboxError
from sandbox.paths import REPOSITORY
from sandbox.program.project import choose_stack, find_project, read_project


def write(root: Path, content: str, program: str = "__main__.py") -> Path:
    root.mkdir(parents=True, exist_ok=True)
    (root / "Pulumi.yaml").write_text(content)
    (root / program).parent.mkdir(parents=True, exist_ok=True)
    (root / program).write_text("")
    return root


def environment(folder: Path) -> Path:
    (folder / "lib" / "python3.11" / "site-packages" / "pulumi").mkdir(parents=True)
    (folder / "lib" / "python3.11" / "site-packages" / "pulumi" / "__init__.py").write_text("")
    (folder / "bin").mkdir()
    (folder / "bin" / "python").write_text("")
    return folder / "bin" / "python"


@pytest.fixture(autouse=True)
def _no_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    for name in ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT"):
        monkeypatch.delenv(name, raising=False)


def test_the_project_is_that_of_the_folder_or_of_the_nearest_above(tmp_path: Path) -> None:
    outer = write(tmp_path / "outer", "name: outer\nruntime: python\n")
    inner = write(outer / "part" / "inner", "name: inner\nruntime: python\n")
    below = inner / "www"
    below.mkdir()

    assert find_project(below) == inner
    assert find_project(outer / "part") == outer
    assert read_project(inner).name == "inner"
    assert not read_project(inner).is_own
    assert read_project(REPOSITORY).is_own


@pytest.mark.parametrize(
    ("main", "program", "folder"),
    [("app", "app/__main__.py", "app"), ("app/run.py", "app/run.py", "app"), (".", "__main__.py", ".")],
)
def test_main_names_a_folder_or_a_file(tmp_path: Path, main: str, program: str, folder: str) -> None:
    project = read_project(write(tmp_path, f"name: small\nruntime: python\nmain: {main}\n", program))

    assert project.program == (tmp_path / main).resolve()
    assert project.folder == (tmp_path / folder).resolve()


@pytest.mark.parametrize(
    ("content", "code", "part"),
    [
        ("name: a\nruntime: python\nmain: absent\n", SandboxCode.NO_PROGRAM, "absent/__main__.py"),
        ("name: a\nruntime: python\nmain: run.py\n", SandboxCode.NO_PROGRAM, "run.py"),
        ("name: a\nruntime: {name: java}\n", SandboxCode.UNSUPPORTED_RUNTIME, "'java'"),
        ("name: a\n", SandboxCode.INVALID_CONFIG, "names no 'runtime'"),
        ("name: a\nruntime: {name: python, options: [b]}\n", SandboxCode.INVALID_CONFIG, "runtime.options"),
        ("runtime: python\n", SandboxCode.INVALID_CONFIG, "names no project"),
        ("name: 12\nruntime: python\n", SandboxCode.INVALID_CONFIG, "names no project"),
        ("- a\n", SandboxCode.INVALID_CONFIG, "must contain a mapping"),
        ("name: [\n", SandboxCode.INVALID_CONFIG, "is not YAML"),
    ],
)
def test_a_project_that_cannot_be_run_is_refused_with_its_place(
    tmp_path: Path, content: str, code: str, part: str
) -> None:
    with pytest.raises(SandboxError) as refused:
        read_project(write(tmp_path, content))

    assert refused.value.code == code
    assert str(tmp_path) in refused.value.message
    assert part in refused.value.message


def test_the_first_environment_with_pulumi_runs_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write(tmp_path / "a", "name: a\nruntime: {name: python, options: {toolchain: uv}}\n")
    without = read_project(root)
    active = environment(tmp_path / "active")
    monkeypatch.setenv("VIRTUAL_ENV", str(active.parents[1]))
    with_active = read_project(root)
    own = environment(tmp_path / ".venv")

    assert without.environment == root / ".venv"
    assert with_active.interpreter == active
    assert read_project(root).interpreter == own
    assert read_project(root).environment == tmp_path / ".venv"


def test_the_other_ending_of_the_engines_files_is_read(tmp_path: Path) -> None:
    root = write(tmp_path, "name: a\nruntime: python\n")
    (root / "Pulumi.yaml").rename(root / "Pulumi.yml")
    (root / "Pulumi.prod.yml").write_text("")

    assert find_project(root) == root
    assert read_project(root).stacks == ("prod",)


def test_the_stack_is_dev_or_the_only_one(tmp_path: Path) -> None:
    root = write(tmp_path, "name: a\nruntime: python\nstackConfigDir: stacks\n")
    (root / "stacks").mkdir()
    assert choose_stack(read_project(root)) == "dev"

    (root / "stacks" / "Pulumi.prod.yaml").write_text("")
    assert choose_stack(read_project(root)) == "prod"

    (root / "stacks" / "Pulumi.test.eu.yaml").write_text("")
    with pytest.raises(SandboxError, match=r"has the stacks prod, test\.eu; choose one with --stack"):
        choose_stack(read_project(root))

    (root / "stacks" / "Pulumi.dev.yaml").write_text("")
    assert choose_stack(read_project(root)) == "dev"
