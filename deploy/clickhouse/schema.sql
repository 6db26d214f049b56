-- What analytics keeps of FILLS. It is a projection: drop it and it is built again from the log.
-- Every statement may run again. Prices and quantities are integers in units of the instrument's
-- scales, times nanoseconds of journal time, so that every result is exact.

-- Match ids count 1, 2, 3 … in each shard, so a shard's trades are whole when their number is their
-- highest match id. A block of rows is one part, written whole or not at all, and synced: what the
-- table holds always ends with a whole FILLS message. In an auction nobody takes: aggressor_side is
-- 0, and the buyer stands for the taker.
CREATE TABLE IF NOT EXISTS trades (
    instrument     UInt32,
    time_ns        Int64  CODEC(DoubleDelta, LZ4),
    match_id       UInt64 CODEC(DoubleDelta, LZ4),
    sequence       UInt64 CODEC(DoubleDelta, LZ4),
    event_index    UInt32 CODEC(Delta, LZ4),
    shard          UInt8,
    aggressor_side UInt8,
    price          Int64  CODEC(Delta, LZ4),
    quantity       Int64,
    taker_order_id UInt64 CODEC(Delta, LZ4),
    maker_order_id UInt64 CODEC(Delta, LZ4)
)
ENGINE = MergeTree
ORDER BY (instrument, time_ns, match_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Trades that were undone: the place of the bust, and the trade as it was. The table of trades
-- stays as it was written; a block that comes twice names the same trades again.
CREATE TABLE IF NOT EXISTS trade_busts (
    shard       UInt8,
    match_id    UInt64,
    instrument  UInt32,
    time_ns     Int64,
    sequence    UInt64,
    event_index UInt32,
    price       Int64,
    quantity    Int64
)
ENGINE = ReplacingMergeTree
ORDER BY (shard, match_id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;

-- Every trade and whether it was undone.
CREATE VIEW IF NOT EXISTS trades_told AS
SELECT *, (shard, match_id) IN (SELECT shard, match_id FROM trade_busts) AS busted
FROM trades;

-- Scales never change; the newest row of an id wins.
CREATE TABLE IF NOT EXISTS instruments (
    id             UInt32,
    symbol         String,
    currency       String,
    price_scale    UInt8,
    quantity_scale UInt8,
    shard          UInt8,
    sequence       UInt64
)
ENGINE = ReplacingMergeTree(sequence)
ORDER BY id;

-- How far each shard's log has been read, and the running hash of the log there: another hash at
-- the same sequence means another log, and the projection is built anew.
CREATE TABLE IF NOT EXISTS progress (
    shard      UInt8,
    sequence   UInt64,
    time_ns    Int64,
    state_hash UInt64
)
ENGINE = ReplacingMergeTree(sequence)
ORDER BY shard;
