"""The gateway's handler, invoked by an operator to administer workspaces, over a journal in memory."""

from typing import Any

import pytest

from contract.workspaces import secret_hash
from runtime.delivery.connections import NoConnections
from runtime.gateway.actions import Actions
from runtime.gateway.file_links import FileLinks
from runtime.gateway.function import Gateway, handler
from runtime.journal import Journal
from runtime.process.dispatch import Dispatcher

AGENTS = ("first", "second")


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 29_000


@pytest.fixture(autouse=True)
def gateway(monkeypatch: pytest.MonkeyPatch, memory_journal: Journal) -> None:
    unused: Any = Dispatcher
    connections = NoConnections()
    actions = Actions(memory_journal, connections, unused, FileLinks("payloads"), AGENTS, run_timeout=900)
    monkeypatch.setattr(handler, "service", Gateway("NONE", memory_journal, connections, actions, AGENTS))


def administer(action: object, **names: object) -> dict[str, Any]:
    return handler({"workspace": {"action": action, **names}}, Context())


def acme(action: str, agent: object = "first") -> dict[str, Any]:
    return administer(action, workspace_id="acme", agent=agent)


def test_a_created_workspace_may_ask_its_agent_with_the_secret_of_the_reply(memory_journal: Journal) -> None:
    reply = acme("create")

    assert (reply["workspace_id"], reply["agent"]) == ("acme", "first")
    assert memory_journal.workspaces.hashes("acme") == {"first": secret_hash(reply["secret"])}


def test_a_rotated_secret_replaces_the_old_one(memory_journal: Journal) -> None:
    old, new = acme("create")["secret"], acme("rotate")["secret"]

    assert old != new
    assert memory_journal.workspaces.hashes("acme") == {"first": secret_hash(new)}


def test_a_removed_agent_is_gone_and_others_stay(memory_journal: Journal) -> None:
    acme("create")
    acme("create", "second")

    assert acme("remove") == {"workspace_id": "acme", "agent": "first"}
    assert set(memory_journal.workspaces.hashes("acme")) == {"second"}


def test_the_list_names_workspaces_and_no_hash() -> None:
    acme("create", "second")
    secret = acme("create")["secret"]

    reply = administer("list")

    assert [(entry["workspace_id"], entry["agent"]) for entry in reply["workspaces"]] == [
        ("acme", "first"),
        ("acme", "second"),
    ]
    assert secret_hash(secret) not in str(reply)
    assert secret not in str(reply)


@pytest.mark.parametrize(
    ("asked", "code", "reason"),
    [
        (("create", "nobody"), "INVALID_REQUEST", "use one of first, second"),
        (("create", None), "INVALID_REQUEST", "use one of first, second"),
        (("rotate", "second"), "INVALID_REQUEST", "does not exist"),
        (("remove", "second"), "INVALID_REQUEST", "'longrun workspace list' shows"),
        (("create", "first"), "CONFLICT", "exists already"),
        (("drop", "first"), "INVALID_REQUEST", "use create, rotate, remove, list"),
    ],
    ids=["unknown agent", "no agent", "rotate nothing", "remove nothing", "create twice", "unknown action"],
)
def test_what_cannot_be_done_is_an_error_with_its_code(asked: tuple[str, object], code: str, reason: str) -> None:
    acme("create")

    reply = acme(*asked)

    assert reply["code"] == code
    assert reason in reply["error"]
    assert "secret" not in reply


def test_a_workspace_whose_name_cannot_be_in_a_url_is_rejected() -> None:
    reply = administer("create", workspace_id="a/b", agent="first")

    assert reply["code"] == "INVALID_REQUEST"


def test_the_log_names_the_change_and_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    secret = acme("create")["secret"]
    lines = capsys.readouterr().out

    assert '"gateway.workspace"' in lines
    assert secret not in lines
    assert secret_hash(secret) not in lines


def test_a_failure_of_the_table_is_the_invokers_to_see(
    memory_journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable() -> None:
        raise OSError("no table")

    monkeypatch.setattr(memory_journal.workspaces, "list", unreachable)

    with pytest.raises(OSError, match="no table"):
        administer("list")
