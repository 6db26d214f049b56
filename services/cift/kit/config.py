"""Settings as value objects, read once at start.

A settings class is a frozen dataclass whose fields are declared with `setting`. `load` fills it:
the environment variable `CIFT_<FIELD>` wins over the TOML file that `CIFT_CONFIG` names, which wins
over the default. In the file, fields of `CommonSettings` stand at the top level and those of one
service in a table of its name; a key that nobody knows is an error, since a misspelt limit that is
silently ignored is worse than a service that refuses to start.
"""

import os
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar, Union

__all__ = ["CommonSettings", "ConfigError", "load", "setting"]

PREFIX = "CIFT_"
CONFIG_VARIABLE = "CIFT_CONFIG"

T = TypeVar("T")


class ConfigError(Exception):
    """A setting is missing, malformed or out of bounds; the message names it and its source."""


def setting(
    default: Any = MISSING,
    *,
    help: str = "",  # noqa: A002  (the word that argparse uses for the same thing)
    minimum: float | None = None,
    maximum: float | None = None,
    secret: bool = False,
) -> Any:
    """Declare a field of a settings class: its default, meaning, bounds; no default: required.

    A `secret` value (a DSN with a password, say) is never repeated in an error or a `repr`.
    """
    metadata = {"help": help, "minimum": minimum, "maximum": maximum, "secret": secret}
    if default is MISSING:
        return field(metadata=metadata, repr=not secret)
    return field(default=default, metadata=metadata, repr=not secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonSettings:
    """What every service is told; a service's own settings class extends it."""

    nats_url: str = setting("nats://127.0.0.1:4222", help="JetStream servers, comma separated")
    postgres_dsn: str = setting(
        "postgresql://cift@127.0.0.1:5432/cift", help="reference data and projections", secret=True
    )
    clickhouse_dsn: str = setting(
        "", help="ClickHouse server; empty: chDB in data_dir/clickhouse", secret=True
    )
    listen: str = setting("", help="host:port of the gRPC server; empty: the service's own port")
    shard: int = setting(0, help="number of the shard", minimum=0, maximum=255)
    data_dir: Path = setting(Path(".cift"), help="folder for what the service keeps on disk")
    log_level: str = setting("info", help="debug, info, warning or error")
    development: bool = setting(False, help="accept development keys; only for a mesh on loopback")
    drain_seconds: float = setting(
        10.0, help="longest time that a stop may take", minimum=0.1, maximum=600
    )


def load(cls: type[T], *, section: str = "", environ: Mapping[str, str] | None = None) -> T:
    """Build `cls` from environment, file and defaults; `section` names the service's table."""
    environ = os.environ if environ is None else environ
    hints = typing.get_type_hints(cls)
    known = {f.name: f for f in fields(cls)}  # type: ignore[arg-type]
    from_file = _file_values(environ.get(CONFIG_VARIABLE, ""), section, set(known))
    values: dict[str, Any] = {}
    for name, declared in known.items():
        variable = PREFIX + name.upper()
        if variable in environ:
            values[name] = _parse(environ[variable], hints[name], declared, variable)
        elif name in from_file:
            value, source = from_file[name]
            values[name] = _parse(value, hints[name], declared, source)
        elif declared.default is MISSING and declared.default_factory is MISSING:
            raise ConfigError(f"{variable} is required: {declared.metadata.get('help', '')}")
    try:
        return cls(**values)
    except ValueError as error:
        raise ConfigError(str(error)) from error


def _file_values(path: str, section: str, known: set[str]) -> dict[str, tuple[Any, str]]:
    """Name → (value, where it stands), the section's values over the common ones."""
    if not path:
        return {}
    try:
        document = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{CONFIG_VARIABLE}: cannot read {path}: {error}") from error
    common = {f.name for f in fields(CommonSettings)}
    table = document.get(section, {}) if section else {}
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: {section} must be a table")
    values: dict[str, tuple[Any, str]] = {}
    for name, value in document.items():
        if isinstance(value, dict):
            continue
        if name not in common:
            raise ConfigError(f"{path}: unknown key {name}; a service's own stand in its table")
        if name in known:
            values[name] = (value, f"{name} in {path}")
    for name, value in table.items():
        if name not in known:
            raise ConfigError(f"{path}: unknown key {name} in [{section}]")
        values[name] = (value, f"[{section}] {name} in {path}")
    return values


def _parse(value: Any, hint: Any, declared: "Field[Any]", source: str) -> Any:
    secret = bool(declared.metadata.get("secret"))
    shown = "a secret value" if secret else repr(value)
    try:
        parsed = _convert(value, hint)
    except (TypeError, ValueError):
        raise ConfigError(f"{source}: expected {_words(hint)}, got {shown}") from None
    minimum, maximum = declared.metadata.get("minimum"), declared.metadata.get("maximum")
    if minimum is not None and parsed is not None and parsed < minimum:
        raise ConfigError(f"{source}: expected at least {minimum}, got {shown}")
    if maximum is not None and parsed is not None and parsed > maximum:
        raise ConfigError(f"{source}: expected at most {maximum}, got {shown}")
    return parsed


def _convert(value: Any, hint: Any) -> Any:
    """Text from the environment, or a TOML value, as the type that the field declares."""
    origin = typing.get_origin(hint)
    if origin in (Union, types.UnionType):
        (inner,) = [a for a in typing.get_args(hint) if a is not type(None)]
        return None if value == "" else _convert(value, inner)
    if origin is typing.Literal:
        if value not in typing.get_args(hint):
            raise ValueError
        return value
    if origin is tuple:
        inner = typing.get_args(hint)[0]
        items = [i.strip() for i in value.split(",")] if isinstance(value, str) else list(value)
        return tuple(_convert(i, inner) for i in items if i != "")
    if hint is bool:
        return _boolean(value)
    if hint is int or hint is float:
        if isinstance(value, bool) or (hint is int and isinstance(value, float)):
            raise ValueError
        return hint(value)
    if not isinstance(value, str):
        raise TypeError
    return hint(value)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    words = {
        "1": True,
        "true": True,
        "yes": True,
        "0": False,
        "false": False,
        "no": False,
        "": False,
    }
    if not isinstance(value, str) or value.lower() not in words:
        raise ValueError
    return words[value.lower()]


def _words(hint: Any) -> str:
    origin = typing.get_origin(hint)
    if origin in (Union, types.UnionType):
        return " or ".join(
            "nothing" if a is type(None) else _words(a) for a in typing.get_args(hint)
        )
    if origin is typing.Literal:
        return "one of " + ", ".join(str(a) for a in typing.get_args(hint))
    if origin is tuple:
        return f"a list of {_words(typing.get_args(hint)[0])}"
    names = {
        int: "an integer",
        float: "a number",
        bool: "true or false",
        str: "text",
        Path: "a path",
    }
    return names.get(hint, getattr(hint, "__name__", str(hint)))
