import pytest

from migration_guard.errors import UsageError
from migration_guard.github.matrix import SERVICE, matrix


def test_each_database_is_a_job_and_one_more_compares_them() -> None:
    made = matrix(["sqlite", "postgresql-16"], 1, compared=True)

    assert [(entry["name"], entry["databases"], entry["since"]) for entry in made] == [
        ("sqlite", "sqlite", ""),
        ("postgresql 16", "postgresql-16", ""),
        ("sqlite and postgresql 16", "sqlite, postgresql-16", "heads"),
    ]
    assert [entry["report"] for entry in made] == ["verify-1", "verify-2", "verify-3"]


def test_a_version_that_no_wheel_brings_is_a_service_container() -> None:
    (made,) = matrix(["postgresql-14"], 1, compared=True)

    assert (made["image"], made["databases"]) == ("postgres:14", SERVICE)


def test_shards_are_jobs_of_each_database() -> None:
    made = matrix(["sqlite"], 3, compared=True)

    assert [entry["shard"] for entry in made] == ["1/3", "2/3", "3/3"]
    assert [entry["name"] for entry in made] == ["sqlite 1/3", "sqlite 2/3", "sqlite 3/3"]


def test_the_password_of_a_url_is_in_no_name() -> None:
    (made,) = matrix(["postgresql://ada:s3cret@db/x"], 1, compared=False)

    assert "s3cret" not in made["name"]
    assert made["image"] == ""


@pytest.mark.parametrize("name", ["mysql", "postgres-16", "sqlite-3", "postgresql 16", "postgresql-16; echo"])
def test_a_database_that_means_nothing_is_named(name: str) -> None:
    with pytest.raises(UsageError, match="the input databases names"):
        matrix([name], 1, compared=False)


def test_more_jobs_than_github_takes_are_refused_before_any_starts() -> None:
    with pytest.raises(UsageError, match="300 jobs, and GitHub takes 256"):
        matrix(["sqlite", "postgresql-16", "postgresql-18"], 100, compared=False)
