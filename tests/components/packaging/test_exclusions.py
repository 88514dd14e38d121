"""What stays out of a package: secrets, leftovers of tools, and tests that no other code uses."""

from pathlib import Path

import pytest

from components.packaging import PackageError, PythonPackage, Target
from components.packaging.sources import Sources, source_files

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
KEY = CERTIFICATE + "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----\n"
SECRETS = (".env", ".env.local", "prod.env", ".ENV", ".envrc", ".netrc", "inner/.env", ".aws/credentials", "id_rsa")
BACKUPS = (".env~", ".env-old", ".env_prod", "prod.env~", "prod.env.bak", ".prod.env.swp", "#.env#", "id_rsa.old")


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    (folder / "tests").mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "tests" / "golden.py").write_text("VALUES = [1]\n")
    return folder


def found(*sources: Path) -> Sources:
    return source_files(sources, sources[0].parent / "home")


def names(*sources: Path) -> set[str]:
    return {file.name for file in found(*sources).files}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("work.py", "from app.tests.golden import VALUES\n"),
        ("work.py", "from app import tests\n"),
        ("work.py", "from .tests import golden\n"),
        ("work.py", "from . import tests\n"),
        ("work.py", "import app.tests.golden as golden\n"),
        ("work.py", "def later():\n    from app.tests import golden\n    return golden\n"),
        ("work.py", "import importlib\nimportlib.import_module('app.tests.golden')\n"),
        ("work.py", "import importlib\nNAME = 'app'\nimportlib.import_module(f'{NAME}.tests.golden')\n"),
        ("work.py", "from pathlib import Path\nHERE = Path(__file__).parent / 'tests'\n"),
        ("plugins.json", '{"checks": "app.tests.golden"}'),
    ],
)
def test_a_folder_tests_that_other_code_imports_or_names_is_in_the_package(app: Path, name: str, code: str) -> None:
    (app / name).write_text(code)

    assert "app/tests/golden.py" in names(app)
    assert "tests" not in found(app).skipped


@pytest.mark.parametrize("code", ["", "# see tests\n", '"""Runs the tests of a hypothesis."""\n', "latests = 1\n"])
def test_a_folder_tests_that_nothing_uses_is_left_out_and_reported(app: Path, code: str) -> None:
    (app / "inner" / "tests").mkdir(parents=True)
    (app / "inner" / "tests" / "test_it.py").write_text("from app.tests import golden\n")
    (app / "work.py").write_text(code)

    assert names(app) == {"app/__init__.py", "app/work.py"}
    assert list(found(app).left_out) == ["app/inner/tests", "app/tests"]


@pytest.mark.parametrize("module", ["app.tests.golden", "app.tests"])
def test_a_folder_tests_with_a_named_module_is_in_the_package_and_others_are_not(app: Path, module: str) -> None:
    (app / "inner" / "tests").mkdir(parents=True)
    (app / "inner" / "tests" / "test_it.py").touch()
    sources = source_files([app], app.parent / "home", [module])

    assert [file.name for file in sources.files] == ["app/__init__.py", "app/tests/golden.py"]
    assert list(sources.left_out) == ["app/inner/tests"]


def test_a_package_with_an_agent_in_a_folder_tests_is_built(app: Path, tmp_path: Path) -> None:
    target = Target.of("host", "host")
    package = PythonPackage(name="agent", sources=(app,), target=target, modules=("app.tests.golden",))

    assert (package.build(tmp_path / "home", lambda _: None).tree / "app/tests/golden.py").is_file()


def test_the_build_reports_the_folders_tests_that_it_left_out(app: Path, tmp_path: Path) -> None:
    said: list[str] = []
    PythonPackage(name="agent", sources=(app,), target=Target.of("host", "host")).build(tmp_path / "home", said.append)

    assert said[0].startswith("agent package: app/tests left out: tests that no other file of the sources imports")


def test_a_folder_tests_that_another_source_imports_is_in_the_package(app: Path, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("import app.tests.golden\n")

    assert "app/tests/golden.py" in names(app, tmp_path / "main.py")


def test_a_source_with_the_name_tests_is_in_the_package(app: Path) -> None:
    assert names(app / "tests") == {"tests/golden.py"}


def test_a_package_with_imported_tests_runs_from_its_tree(app: Path, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("from app.tests.golden import VALUES\n")
    package = PythonPackage(
        name="agent",
        sources=(app, tmp_path / "main.py"),
        target=Target.of("host", "host"),
        entry_points=("main.py",),
    )

    assert (package.build(tmp_path / "home", lambda _: None).tree / "app/tests/golden.py").is_file()


def test_secrets_never_travel_and_the_build_says_so(app: Path, tmp_path: Path) -> None:
    for name in (*SECRETS, *BACKUPS):
        (app / name).parent.mkdir(exist_ok=True)
        (app / name).write_text("PASSWORD=hidden\n")
    (app / "client.pem").write_text(KEY)
    said: list[str] = []
    package = PythonPackage(name="agent", sources=(app,), target=Target.of("host", "host"))
    built = package.build(tmp_path / "home", said.append)

    packed = [file for file in built.tree.rglob("*") if file.is_file()]
    assert not [file for file in packed if b"hidden" in file.read_bytes() or b"PRIVATE" in file.read_bytes()]
    assert {
        "app/.env",
        "app/inner/.env",
        "app/client.pem",
        *(f"app/{name}" for name in BACKUPS),
    } <= built.manifest.left_out.keys()
    assert "app/.env" in said[-1]
    assert "keep them in AWS Secrets Manager" in said[-1]


@pytest.mark.parametrize(
    "name", ["service-account.json", "key.txt", "deploy.yaml", "deploy_key", "server.crt", "k.pem~"]
)
@pytest.mark.parametrize("kind", ["PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK"])
def test_a_text_file_with_a_private_key_is_left_out(app: Path, name: str, kind: str) -> None:
    (app / name).write_text(f'{{"type": "service_account", "private_key": "-----BEGIN {kind}-----\\nMIIB"}}')

    assert names(app) == {"app/__init__.py"}


@pytest.mark.parametrize("name", ["redact.py", "how-to.md"])
def test_code_and_prompts_that_mention_a_private_key_stay(app: Path, name: str) -> None:
    (app / name).write_text(f"KEY = {KEY!r}\n")

    assert f"app/{name}" in names(app)


@pytest.mark.parametrize("name", ["ca.pem", "environment.py", "env.json", "keys.py", "settings.key"])
def test_certificates_and_what_only_sounds_like_a_secret_stay(app: Path, name: str) -> None:
    (app / name).write_text(CERTIFICATE)

    assert f"app/{name}" in names(app)


def test_a_changed_secret_is_the_same_package(app: Path) -> None:
    before = names(app)
    (app / ".env").write_text("PASSWORD=one\n")

    assert names(app) == before


def test_a_link_to_a_secret_is_left_out_like_the_secret(app: Path, tmp_path: Path) -> None:
    (app / ".env").symlink_to(tmp_path / "missing.env")

    assert names(app) == {"app/__init__.py"}


def test_a_secret_as_a_source_is_rejected(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PASSWORD=hidden\n")

    with pytest.raises(PackageError, match=r"\.env is one of the secrets, which never go into a package") as rejected:
        found(tmp_path / ".env")
    assert rejected.value.code == "PACKAGE_SOURCE"


def test_a_virtual_environment_of_any_name_is_left_out(app: Path) -> None:
    (app / "env").mkdir()
    (app / "env" / "pyvenv.cfg").touch()
    (app / "env" / "huge.py").touch()

    assert names(app) == {"app/__init__.py"}


def test_bytecode_is_left_out_only_beside_its_source(app: Path) -> None:
    for name in ("__init__.pyc", "closed.pyc"):
        (app / name).write_bytes(b"bytecode")

    assert names(app) == {"app/__init__.py", "app/closed.pyc"}
