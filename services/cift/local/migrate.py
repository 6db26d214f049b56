"""Prepare a PostgreSQL for the exchange: `python -m cift.local.migrate [--demo]`.

Brings the database that CIFT_POSTGRES_DSN names to the schema of this build. `--demo` adds the
demonstration data, whose keys everybody knows: services refuse them unless CIFT_DEVELOPMENT is set.
Safe to run again, and from several places at once.
"""

import argparse
import asyncio
import os
import sys
from pathlib import Path

import asyncpg

from cift.kit.stores import postgres
from cift.kit.stores.reference import ReferenceStore
from cift.local import paths, seed

__all__ = ["main", "prepare_database"]


async def prepare_database(
    dsn: str, *, migrations: Path = paths.MIGRATIONS, demo: Path | None = None
) -> list[str]:
    """Migrate, and add the data of `demo`; what was done, in words."""
    done = [
        f"migration {step.version}: {step.name}"
        for step in await postgres.migrate(dsn, postgres.read_migrations(migrations))
    ]
    if demo is not None:
        pool = await postgres.open_pool(dsn, application_name="cift-seed", max_size=2)
        try:
            async with postgres.advisory_lock(pool):
                if await seed.apply_seed(ReferenceStore(pool), seed.read_seed(demo)):
                    done.append(f"data of {demo.name}")
        finally:
            await pool.close()
    return done


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m cift.local.migrate", description=__doc__)
    parser.add_argument("--migrations", type=Path, default=paths.MIGRATIONS, metavar="FOLDER")
    parser.add_argument("--demo", action="store_true", help="add the demonstration data")
    parser.add_argument("--seed", type=Path, default=paths.DEMO_SEED, metavar="FILE")
    args = parser.parse_args()
    dsn = os.environ.get("CIFT_POSTGRES_DSN", "")
    if not dsn:
        print(
            "CIFT_POSTGRES_DSN is required: postgresql://user@host:5432/database", file=sys.stderr
        )
        return 2
    demo = args.seed if args.demo else None
    try:
        done = asyncio.run(prepare_database(dsn, migrations=args.migrations, demo=demo))
    except (postgres.StoreError, seed.SeedError, OSError, asyncpg.PostgresError) as error:
        print(f"migrate: {error}", file=sys.stderr)
        return 1
    print("\n".join(done) if done else "nothing to do")
    return 0


if __name__ == "__main__":
    sys.exit(main())
