"""Dependencies: exactly the lock, for the target; what the runtime provides is left out by name."""

import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from components.packaging import PackageError, Target
from components.packaging.dependencies import dependencies_key, install, locked
from tests.components.packaging.conftest import MakeWheel

HOST = Target.of("host", "host")
LOCK = """# made by make lock
boto3==1.0 \\
    --hash=sha256:aa
    # via worker.in
Typing_Extensions==4.0 ; python_version < '3.13' \\
    --hash=sha256:bb
"""


def ignore(_: str) -> None:
    """A report that nobody reads."""


def test_what_the_runtime_provides_is_left_out_by_its_normal_name(tmp_path: Path) -> None:
    (tmp_path / "worker.txt").write_text(LOCK)

    assert "boto3" not in locked(tmp_path / "worker.txt", ["Boto3"])
    assert "sha256:aa" not in locked(tmp_path / "worker.txt", ["Boto3"])
    assert "sha256:bb" in locked(tmp_path / "worker.txt", ["Boto3"])
    assert "bb" not in locked(tmp_path / "worker.txt", ["typing-extensions"])
    assert locked(tmp_path / "worker.txt", []) == LOCK


def test_key_differs_by_lock_python_and_cpu() -> None:
    targets = [Target("3.13", "arm64", native=False), Target("3.13", "x86_64", native=False)]
    targets += [Target("3.12", "arm64", native=False), Target("3.13", "arm64", native=True)]
    keys = {dependencies_key(lock, target) for lock in ("a", "b") for target in targets}

    assert len(keys) == 8


def test_wheel_with_another_hash_than_the_lock_is_rejected(make_wheel: MakeWheel, tmp_path: Path) -> None:
    lock = make_wheel("tiny", {"tiny/__init__.py": ""})
    make_wheel("tiny", {"tiny/__init__.py": "tampered = True\n"})

    with pytest.raises(PackageError) as rejected:
        install("worker", lock, HOST, None, tmp_path / "home", ignore)

    assert rejected.value.code == "PACKAGE_BUILD"
    assert f"uv could not install the dependencies for {HOST.label}" in str(rejected.value)


def test_failed_installation_is_tried_again(make_wheel: MakeWheel, index: Path, tmp_path: Path) -> None:
    lock = make_wheel("tiny", {"tiny/__init__.py": ""})
    wheel = index / "tiny-1.0-py3-none-any.whl"
    away = wheel.rename(tmp_path / wheel.name)
    with pytest.raises(PackageError):
        install("worker", lock, HOST, None, tmp_path / "home", ignore)
    away.rename(wheel)

    assert install("worker", lock, HOST, None, tmp_path / "home", ignore).manifest.versions == {"tiny": "1.0"}


def test_commands_and_their_records_are_left_out(make_wheel: MakeWheel, tmp_path: Path) -> None:
    lock = make_wheel("tiny", {"tiny/__init__.py": "def main(): ...\n"})
    installed = install("worker", lock, HOST, None, tmp_path / "home", ignore)

    assert not (installed.tree / "bin").exists()
    assert "tiny-tool" not in (installed.tree / "tiny-1.0.dist-info" / "RECORD").read_text()


def test_leftover_of_a_builder_that_died_is_removed(make_wheel: MakeWheel, tmp_path: Path) -> None:
    lock = make_wheel("tiny", {"tiny/__init__.py": ""})
    leftover = tmp_path / "home" / "dependencies" / f"{dependencies_key(lock, HOST)}.building-dead"
    leftover.mkdir(parents=True)
    install("worker", lock, HOST, None, tmp_path / "home", ignore)

    assert not leftover.exists()


def test_distribution_without_a_wheel_gets_advice(index: Path, tmp_path: Path) -> None:
    with tarfile.open(index / "docopt-0.6.2.tar.gz", "w:gz") as archive:
        metadata = b"Metadata-Version: 2.1\nName: docopt\nVersion: 0.6.2\n"
        entry = tarfile.TarInfo("docopt-0.6.2/PKG-INFO")
        entry.size = len(metadata)
        archive.addfile(entry, io.BytesIO(metadata))
    digest = hashlib.sha256((index / "docopt-0.6.2.tar.gz").read_bytes()).hexdigest()

    message = rejected(f"docopt==0.6.2 --hash=sha256:{digest}\n", HOST, tmp_path)

    assert "docopt 0.6.2 is published without a wheel" in message
    assert "pip wheel --no-deps --wheel-dir wheels docopt==0.6.2; then set UV_FIND_LINKS" in message


def test_distribution_without_a_wheel_for_the_target_gets_advice(
    index: Path, make_wheel: MakeWheel, tmp_path: Path
) -> None:
    make_wheel("tiny", {"tiny.py": ""})
    wheel = (index / "tiny-1.0-py3-none-any.whl").rename(index / "tiny-1.0-py3-none-win_amd64.whl")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    target = Target("3.13", "arm64", native=False)

    message = rejected(f"tiny==1.0 --hash=sha256:{digest}\n", target, tmp_path)

    assert "tiny 1.0 has wheels, but none for arm64/python3.13. Lock a version that has one" in message


def test_requirements_without_hashes_get_advice(make_wheel: MakeWheel, tmp_path: Path) -> None:
    make_wheel("tiny", {"tiny.py": ""})

    assert "name the libraries in a .in file and run make lock" in rejected("tiny\n", HOST, tmp_path)


def test_a_changed_dependency_does_not_come_back_from_the_installers_cache(
    make_wheel: MakeWheel, tmp_path: Path
) -> None:
    lock = make_wheel("tiny", {"tiny.py": "GOOD = True\n"})
    said: list[str] = []
    installed = install("worker", lock, HOST, None, tmp_path / "home", said.append)
    with (installed.tree / "tiny.py").open("a") as file:
        file.write("SPOILED = True\n")

    again = install("worker", lock, HOST, None, tmp_path / "home", said.append)

    assert (again.tree / "tiny.py").read_text() == "GOOD = True\n"
    assert "changed tiny.py" in said[1]


def rejected(lock: str, target: Target, folder: Path) -> str:
    with pytest.raises(PackageError) as error:
        install("worker", lock, target, None, folder / "home", ignore)
    assert error.value.code == "PACKAGE_BUILD"
    return str(error.value)


def botocore(make_wheel: MakeWheel) -> str:
    services = {f"botocore/data/{name}/2020-01-01/service-2.json": "{}" for name in ("s3", "ec2", "athena")}
    return make_wheel("botocore", {"botocore/__init__.py": "", "botocore/data/endpoints.json": "{}", **services})


def test_descriptions_of_aws_services_that_nobody_names_are_left_out(make_wheel: MakeWheel, tmp_path: Path) -> None:
    lock = botocore(make_wheel)

    small = install("traced", lock, HOST, None, tmp_path / "home", ignore, ("s3",))
    whole = install("worker", lock, HOST, None, tmp_path / "home", ignore)

    data = small.tree / "botocore/data"
    assert sorted(entry.name for entry in data.iterdir()) == ["endpoints.json", "s3"]
    (record,) = small.tree.glob("botocore-*.dist-info/RECORD")
    assert "botocore/data/s3/" in record.read_text()
    assert "botocore/data/ec2/" not in record.read_text()
    assert len(list((whole.tree / "botocore/data").iterdir())) == 4


def test_an_aws_service_that_botocore_does_not_know_is_named(make_wheel: MakeWheel, tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="the AWS service athen, which its botocore does not know; known: athena"):
        install("traced", botocore(make_wheel), HOST, None, tmp_path / "home", ignore, ("athen",))


def test_packages_of_other_services_have_dependencies_of_their_own() -> None:
    keys = {dependencies_key("a", HOST, services) for services in ((), ("s3",), ("s3", "ec2"))}

    assert len(keys) == 3
    assert dependencies_key("a", HOST, ("s3", "ec2")) == dependencies_key("a", HOST, ("ec2", "s3"))
