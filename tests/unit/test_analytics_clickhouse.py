"""What the ClickHouse driver is told, and how a schema file is read."""

from pathlib import Path

import pytest

from cift.kit.stores.clickhouse import ClickHouseError, read_statements, server_options


def test_the_database_is_named_apart_and_tls_by_the_scheme() -> None:
    plain = server_options("http://u:p%40@db:8123/cift")
    assert plain == {"dsn": "http://u:p%40@db:8123", "interface": "http"}
    assert server_options("https://db:9440/x")["interface"] == "https"


@pytest.mark.parametrize("dsn", ["db:8123", "clickhouse://db", "http://"])
def test_what_is_no_dsn(dsn: str) -> None:
    with pytest.raises(ClickHouseError, match="DSN"):
        server_options(dsn)


def test_statements_end_with_a_semicolon_at_the_end_of_a_line(tmp_path: Path) -> None:
    path = tmp_path / "schema.sql"
    path.write_text("-- a; b\nCREATE a (\n  x -- c; d\n);\n\nSELECT ';';\n", encoding="utf-8")
    assert read_statements(path) == ["CREATE a (\n  x -- c; d\n)", "SELECT ';'"]
