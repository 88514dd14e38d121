from uuid import RFC_4122, UUID

from client.run_id import new_run_id


def test_a_run_id_is_a_uuid_of_version_7_in_lower_case() -> None:
    run_id = new_run_id()

    assert (UUID(run_id).version, UUID(run_id).variant) == (7, RFC_4122)
    assert run_id == str(UUID(run_id))


def test_run_ids_differ() -> None:
    assert len({new_run_id() for _ in range(1000)}) == 1000
