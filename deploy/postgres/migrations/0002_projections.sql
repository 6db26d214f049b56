-- Projections of FILLS: they can be dropped and rebuilt from the log at any time. A row's key is
-- its place in the log, so applying a message twice changes nothing. Enumerations hold the numbers
-- of schemas/fills.capnp and schemas/types.capnp, identifiers of instruments and accounts those of
-- the reference data; nothing refers to it by foreign key, since the log decides what exists.

CREATE TABLE projection_cursor (
    name     text NOT NULL,
    shard    integer NOT NULL,
    sequence bigint NOT NULL CHECK (sequence >= 0),  -- last FILLS sequence that is in the tables
    PRIMARY KEY (name, shard)
);

CREATE TABLE executions (
    shard                      integer NOT NULL,
    sequence                   bigint NOT NULL,
    index                      integer NOT NULL,
    time_ns                    bigint NOT NULL,
    exec_type                  smallint NOT NULL,
    side                       smallint NOT NULL,
    ord_type                   smallint NOT NULL,
    time_in_force              smallint NOT NULL,
    ord_status                 smallint NOT NULL,
    liquidity                  smallint NOT NULL,
    reason                     integer NOT NULL,
    flags                      integer NOT NULL,
    account_id                 bigint NOT NULL,
    instrument_id              bigint NOT NULL,
    command_index              bigint NOT NULL,
    order_sequence             bigint NOT NULL,
    order_id                   bigint NOT NULL,
    cl_ord_id                  text NOT NULL,
    price_units                bigint NOT NULL,
    quantity_units             bigint NOT NULL,
    last_price_units           bigint NOT NULL,
    last_quantity_units        bigint NOT NULL,
    cum_quantity_units         bigint NOT NULL,
    leaves_quantity_units      bigint NOT NULL,
    cum_notional               numeric(39, 0) NOT NULL,  -- price units times quantity units
    match_id                   bigint NOT NULL,
    PRIMARY KEY (shard, sequence, index)
);
CREATE INDEX executions_by_order ON executions (order_id, order_sequence);
CREATE INDEX executions_by_account ON executions (account_id, shard, sequence, index);

-- The last known state of each order that entered the book, at the place of its last event.
CREATE TABLE orders (
    order_id                   bigint PRIMARY KEY,
    shard                      integer NOT NULL,
    account_id                 bigint NOT NULL,
    instrument_id              bigint NOT NULL,
    cl_ord_id                  text NOT NULL,
    side                       smallint NOT NULL,
    ord_type                   smallint NOT NULL,
    time_in_force              smallint NOT NULL,
    ord_status                 smallint NOT NULL,
    reason                     integer NOT NULL,
    flags                      integer NOT NULL,
    price_units                bigint NOT NULL,
    quantity_units             bigint NOT NULL,
    cum_quantity_units         bigint NOT NULL,
    leaves_quantity_units      bigint NOT NULL,
    cum_notional               numeric(39, 0) NOT NULL,
    order_sequence             bigint NOT NULL,
    created_ns                 bigint NOT NULL,
    updated_ns                 bigint NOT NULL,
    last_sequence              bigint NOT NULL,
    last_index                 integer NOT NULL
);
CREATE INDEX orders_by_account ON orders (account_id, cl_ord_id);
CREATE INDEX orders_open ON orders (account_id, instrument_id) WHERE ord_status IN (1, 2);
