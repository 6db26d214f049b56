"""Where the files are that a checkout brings beside the package."""

from pathlib import Path

__all__ = ["DEMO_SEED", "DEPLOY", "MIGRATIONS", "NATS_CONFIG"]

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
MIGRATIONS = DEPLOY / "postgres" / "migrations"
DEMO_SEED = DEPLOY / "postgres" / "demo.toml"
NATS_CONFIG = DEPLOY / "nats" / "nats.conf"
