"""Settings: environment over file over defaults, and errors that name what is wrong."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from cift.kit.config import CommonSettings, ConfigError, load, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(CommonSettings):
    batch_limit: int = setting(4096, minimum=1, maximum=4096)
    pause_seconds: float = setting(0.5)
    mode: Literal["fast", "safe"] = setting("safe")
    peers: tuple[str, ...] = setting(())
    budget: int | None = setting(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strict:
    key: str = setting(help="what opens the door")


def test_defaults_stand_when_nothing_is_said() -> None:
    settings = load(Settings, environ={})
    assert (settings.batch_limit, settings.mode, settings.peers) == (4096, "safe", ())
    assert settings.data_dir == Path(".cift")


def test_environment_wins_over_file_over_default(tmp_path: Path) -> None:
    file = tmp_path / "cift.toml"
    file.write_text(
        'shard = 3\nlog_level = "debug"\n[matching]\nbatch_limit = 7\npause_seconds = 2\n'
        "[risk]\nother = 1\n"
    )
    environ = {"CIFT_CONFIG": str(file), "CIFT_BATCH_LIMIT": "9"}
    settings = load(Settings, section="matching", environ=environ)
    assert (settings.shard, settings.log_level) == (3, "debug")
    assert (settings.batch_limit, settings.pause_seconds) == (9, 2.0)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("peers", "a, b", ("a", "b")),
        ("budget", "", None),
        ("budget", "12", 12),
        ("development", "yes", True),
        ("development", "0", False),
        ("data_dir", "/x y/z", Path("/x y/z")),
        ("mode", "fast", "fast"),
    ],
)
def test_text_becomes_the_declared_type(name: str, text: str, expected: object) -> None:
    settings = load(Settings, environ={f"CIFT_{name.upper()}": text})
    assert getattr(settings, name) == expected


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"CIFT_SHARD": "x"}, "CIFT_SHARD: expected an integer, got 'x'"),
        ({"CIFT_SHARD": "1.5"}, "CIFT_SHARD: expected an integer, got '1.5'"),
        ({"CIFT_SHARD": "-1"}, "CIFT_SHARD: expected at least 0, got '-1'"),
        ({"CIFT_BATCH_LIMIT": "4097"}, "CIFT_BATCH_LIMIT: expected at most 4096, got '4097'"),
        ({"CIFT_MODE": "slow"}, "CIFT_MODE: expected one of fast, safe, got 'slow'"),
        ({"CIFT_DEVELOPMENT": "maybe"}, "CIFT_DEVELOPMENT: expected true or false, got 'maybe'"),
        ({"CIFT_BUDGET": "x"}, "CIFT_BUDGET: expected an integer or nothing, got 'x'"),
    ],
)
def test_errors_name_variable_and_value(environ: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(Settings, environ=environ)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("shrad = 1", "unknown key shrad"),
        ("[matching]\nbatch = 1", "unknown key batch in [matching]"),
        ("shard = true", "expected an integer, got True"),
        ("shard = 1.0", "expected an integer, got 1.0"),
        ("matching = 1", "matching must be a table"),
        ("shard = ", "cannot read"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "cift.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(Settings, section="matching", environ={"CIFT_CONFIG": str(file)})
    assert words in str(caught.value)


def test_a_missing_file_and_a_missing_setting_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="CIFT_CONFIG: cannot read"):
        load(Settings, environ={"CIFT_CONFIG": str(tmp_path / "none.toml")})
    with pytest.raises(ConfigError, match="CIFT_KEY is required: what opens the door"):
        load(Strict, environ={})


def test_secrets_are_not_repeated() -> None:
    settings = load(Settings, environ={"CIFT_POSTGRES_DSN": "postgresql://u:hush@h/d"})
    assert settings.postgres_dsn.endswith("/d")
    assert "hush" not in repr(settings)
