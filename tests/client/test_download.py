import asyncio
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection

from client import LongrunClient, LongrunError, ProtocolError, RequestError, RunFile, Target, Timing, UnreachableError
from client._download import download_files
from tests.client.aws import Aws
from tests.client.conftest import Play
from tests.client.deployment import RUN_ID, Deployment, Frame, answer


def offered(aws: Aws, name: str, body: bytes = b"text", status: int = 200, announced: int | None = None) -> RunFile:
    """A file that can be fetched."""
    path = f"/{name}"
    aws.files[path] = (status, body)
    size = len(body) if announced is None else announced
    return RunFile(name, size, "text/plain", f"{aws.url}{path}?X-Amz-Signature=secret")


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def fetched(files: list[RunFile], folder: Path, overwrite: bool = False) -> list[Path]:
    return asyncio.run(download_files(files, folder, overwrite))


def refusal(files: list[RunFile], folder: Path) -> LongrunError:
    with pytest.raises(LongrunError) as caught:
        fetched(files, folder)
    assert "secret" not in caught.value.message
    return caught.value


def test_files_come_to_a_folder_that_is_made_for_them(aws: Aws, tmp_path: Path) -> None:
    files = [offered(aws, "report.md", b"# Found\n"), offered(aws, "plots/x.png", bytes(range(256)) * 300)]
    folder = tmp_path / "deep" / "folder"

    paths = fetched(files, folder)

    assert paths == [folder / "report.md", folder / "plots" / "x.png"]
    assert contents(folder) == {"plots/x.png": bytes(range(256)) * 300, "report.md": b"# Found\n"}


def test_an_empty_file_is_a_file(aws: Aws, tmp_path: Path) -> None:
    fetched([offered(aws, "empty.csv", b"")], tmp_path)

    assert contents(tmp_path) == {"empty.csv": b""}


def test_one_bad_name_keeps_everything_from_being_fetched(aws: Aws, tmp_path: Path) -> None:
    error = refusal([offered(aws, "good.md"), offered(aws, "../evil.md")], tmp_path / "folder")

    assert error.code == "UNSAFE_NAME"
    assert aws.fetched == []
    assert contents(tmp_path) == {}


def test_what_is_there_is_not_overwritten_unless_asked(aws: Aws, tmp_path: Path) -> None:
    (tmp_path / "report.md").write_bytes(b"mine")
    files = [offered(aws, "a.md"), offered(aws, "report.md", b"theirs")]

    error = refusal(files, tmp_path)
    assert error.code == "FILE_EXISTS"
    assert f"{tmp_path / 'report.md'} already exists" in error.message
    assert (contents(tmp_path), aws.fetched) == ({"report.md": b"mine"}, [])

    fetched(files, tmp_path, overwrite=True)
    assert contents(tmp_path) == {"a.md": b"text", "report.md": b"theirs"}


def test_a_name_that_is_a_file_and_a_folder_is_rejected(aws: Aws, tmp_path: Path) -> None:
    error = refusal([offered(aws, "a"), offered(aws, "a/b")], tmp_path)

    assert (error.code, aws.fetched) == ("UNSAFE_NAME", [])


@pytest.mark.parametrize(
    ("status", "body", "announced", "said"),
    [
        (200, b"1234", 5, "4 of 5 bytes arrived"),
        (200, b"1234", 3, "longer than the 3 bytes"),
        (403, b"", 4, "has expired"),
        (404, b"", 4, "HTTP 404"),
        (307, b"", 4, "HTTP 307"),
    ],
)
def test_a_file_that_does_not_arrive_completely_is_not_written(
    aws: Aws, tmp_path: Path, status: int, body: bytes, announced: int, said: str
) -> None:
    error = refusal([offered(aws, "report.md", body, status, announced)], tmp_path)

    assert error.code == "DOWNLOAD_FAILED"
    assert said in error.message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://example.com/x?secret", ProtocolError),
        ("file:///etc/passwd?secret", ProtocolError),
        ("http://127.0.0.1:9/x?secret", UnreachableError),
    ],
)
def test_an_address_that_is_unsafe_or_dead_is_named(tmp_path: Path, url: str, kind: type[LongrunError]) -> None:
    error = refusal([RunFile("report.md", 4, "text/plain", url)], tmp_path)

    assert isinstance(error, kind)
    assert url.partition("?")[0] in error.message


def wire(file: RunFile) -> Frame:
    return {"name": file.name, "bytes": file.bytes, "content_type": file.content_type, "url": file.url}


def test_the_files_of_a_run_are_listed_page_by_page_and_downloaded(
    deployment: Deployment, play: Play, timing: Timing, aws: Aws, tmp_path: Path
) -> None:
    deployment.record_answer(RUN_ID, [])
    deployment.files = [wire(offered(aws, f"results/{number}.json", b"{}")) for number in range(5)]

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            paths = await client.download(RUN_ID, tmp_path)
            assert paths == [tmp_path / "results" / f"{number}.json" for number in range(5)]

    play(scene)
    assert [frame.get("after") for frame in deployment.received] == [None, "results/1.json", "results/3.json"]
    assert len(contents(tmp_path)) == 5


def test_a_page_that_comes_twice_is_no_harm(deployment: Deployment, play: Play, timing: Timing, aws: Aws) -> None:
    deployment.record_answer(RUN_ID, [])
    deployment.files = [wire(offered(aws, f"{number}.json")) for number in range(5)]

    async def stammer(deployment: Deployment, socket: ServerConnection, frame: Frame) -> None:
        await answer(deployment, socket, frame)
        await answer(deployment, socket, frame)

    deployment.answer = stammer

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            assert [file.name for file in await client.files(RUN_ID)] == [f"{number}.json" for number in range(5)]

    play(scene)


def test_a_run_without_files_has_none_and_an_unknown_run_is_rejected(
    deployment: Deployment, play: Play, timing: Timing
) -> None:
    deployment.record_answer(RUN_ID, [])

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            assert await client.files(RUN_ID) == []
            with pytest.raises(RequestError, match="no such run"):
                await client.files(RUN_ID.replace("0", "1"))

    play(scene)


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        ({"files": [{"name": "a"}], "more": False}, "list of files is malformed"),
        ({"files": 3, "more": False}, "list of files is malformed"),
        ({"files": []}, "list of files is malformed"),
        ({"files": [], "more": True}, "list of files does not end"),
    ],
)
def test_a_malformed_list_of_files_is_a_protocol_error(
    deployment: Deployment, play: Play, timing: Timing, frame: Frame, said: str
) -> None:
    async def nonsense(deployment: Deployment, socket: ServerConnection, asked: Frame) -> None:
        await deployment.send(socket, {"type": "files", "run_id": asked["run_id"], **frame})

    deployment.answer = nonsense

    async def scene(target: Target) -> None:
        async with LongrunClient(target, timing) as client:
            with pytest.raises(ProtocolError, match=said):
                await client.files(RUN_ID)

    play(scene)
