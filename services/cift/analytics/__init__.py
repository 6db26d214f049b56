"""Analytics: FILLS as history in ClickHouse and as rows in PostgreSQL, and sums over it."""
