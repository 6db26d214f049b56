-- How an instrument trades, and when; whose orders don't trade with each other. Enumerations
-- hold the numbers of schemas/types.capnp, prices are in units. The defaults are what held before:
-- price, then time, orders of one party trade with each other, no bands, no schedule.

ALTER TABLE instruments
    -- SelfTrade; 1: they trade
    ADD COLUMN self_trade              smallint NOT NULL DEFAULT 1
               CHECK (self_trade BETWEEN 1 AND 5),
    -- 1: rests, 2: at the last trade
    ADD COLUMN market_residual         smallint NOT NULL DEFAULT 0
               CHECK (market_residual BETWEEN 0 AND 2),
    -- 1: hidden by time, 2: pro rata
    ADD COLUMN iceberg_mode            smallint NOT NULL DEFAULT 0
               CHECK (iceberg_mode BETWEEN 0 AND 2),
    -- 1: top, pro rata, rest by time
    ADD COLUMN allocation              smallint NOT NULL DEFAULT 0
               CHECK (allocation BETWEEN 0 AND 1),
    -- in order; none: 1, 2, 3, 4
    ADD COLUMN auction_criteria        smallint[] NOT NULL DEFAULT '{}'
               CHECK (cardinality(auction_criteria) <= 4),
    ADD COLUMN auction_all_ticks       boolean NOT NULL DEFAULT false,
    ADD COLUMN auction_market_orders   boolean NOT NULL DEFAULT false,
    ADD COLUMN static_band_bps         integer NOT NULL DEFAULT 0    -- 0: no such bound
               CHECK (static_band_bps BETWEEN 0 AND 1000000),
    ADD COLUMN dynamic_band_bps        integer NOT NULL DEFAULT 0
               CHECK (dynamic_band_bps BETWEEN 0 AND 1000000),
    ADD COLUMN band_halts              boolean NOT NULL DEFAULT false,
    ADD COLUMN protection_bps          integer NOT NULL DEFAULT 0
               CHECK (protection_bps BETWEEN 0 AND 1000000),
    ADD COLUMN volatility_auction_seconds integer NOT NULL DEFAULT 0
               CHECK (volatility_auction_seconds BETWEEN 0 AND 86400),
    -- [[first price, tick], …], rising by price.
    ADD COLUMN tick_bands              jsonb NOT NULL DEFAULT '[]'
               CHECK (jsonb_typeof(tick_bands) = 'array' AND jsonb_array_length(tick_bands) <= 8),
    -- [[second of the UTC day, SessionState, days with bit 0 for Monday], …], rising by second.
    ADD COLUMN schedule                jsonb NOT NULL DEFAULT '[]'
               CHECK (jsonb_typeof(schedule) = 'array' AND jsonb_array_length(schedule) <= 9);

ALTER TABLE accounts
    -- 0: what the instrument says
    ADD COLUMN self_trade              smallint NOT NULL DEFAULT 0
               CHECK (self_trade BETWEEN 0 AND 5),
    ADD COLUMN self_trade_group        uint32 NOT NULL DEFAULT 0;    -- 0: the account is alone

ALTER TABLE executions
    ADD COLUMN stop_price_units        bigint NOT NULL DEFAULT 0,
    ADD COLUMN display_quantity_units  bigint NOT NULL DEFAULT 0;
ALTER TABLE orders
    ADD COLUMN stop_price_units        bigint NOT NULL DEFAULT 0,
    ADD COLUMN display_quantity_units  bigint NOT NULL DEFAULT 0;
