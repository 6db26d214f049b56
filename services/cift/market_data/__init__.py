"""Market data: books and trades from FILLS, as snapshots and gapless streams."""
