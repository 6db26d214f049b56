-- Limits of firms and of the venue, kill switches, fees, what currencies are worth, locates, and
-- who changed what. Levels: 0 an account, 1 a firm, 2 the venue. `holder_id` is the account's, the
-- firm's, or 0. Constraints keep out what the engine would refuse.

-- What a change is guarded by: it is one higher after each change of the row, whoever makes it.
CREATE FUNCTION next_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.revision := OLD.revision + 1;
    RETURN NEW;
END $$;

-- Limits are kept as operators gave them, for all instruments (instrument_id 0) or for one: a size
-- that is given for one stands there in place of that for all. "pico" is 10^-12 of a currency unit,
-- or of an instrument's unit. What the engine is told in each instrument's own units follows from
-- them. Before, that was what was kept: the finest row of an account says what was given.
ALTER TABLE limits
    ADD COLUMN level                    smallint NOT NULL DEFAULT 0 CHECK (level BETWEEN 0 AND 2),
    ADD COLUMN firm_id                  integer REFERENCES firms,
    ADD COLUMN max_order_quantity_pico  money_pico
               CHECK (max_order_quantity_pico BETWEEN 0 AND 1e30),
    ADD COLUMN max_position_pico        money_pico CHECK (max_position_pico BETWEEN 0 AND 1e30),
    ADD COLUMN max_gross_position_pico  money_pico
               CHECK (max_gross_position_pico BETWEEN 0 AND 1e30),
    ADD COLUMN max_short_pico           money_pico CHECK (max_short_pico BETWEEN 0 AND 1e30),
    ADD COLUMN max_gross_exposure_pico  money_pico
               CHECK (max_gross_exposure_pico BETWEEN 0 AND 1e36),
    ADD COLUMN max_daily_loss_pico      money_pico CHECK (max_daily_loss_pico BETWEEN 0 AND 1e27),
    ADD COLUMN messages_per_second      integer
               CHECK (messages_per_second BETWEEN 1 AND 1000000),
    ADD COLUMN message_burst            integer CHECK (message_burst BETWEEN 1 AND 65535),
    ADD COLUMN duplicate_window_ms      integer CHECK (duplicate_window_ms BETWEEN 1 AND 65535),
    ADD COLUMN duplicate_max            integer CHECK (duplicate_max BETWEEN 1 AND 4095),
    ADD COLUMN restricted               boolean NOT NULL DEFAULT false,
    ADD COLUMN revision                 bigint NOT NULL DEFAULT 1;

UPDATE limits AS own
SET max_order_quantity_pico = finest.max_order_quantity_units * (10::numeric ^ (12 - finest.scale)),
    max_position_pico = finest.max_position_units * (10::numeric ^ (12 - finest.scale))
FROM (
    SELECT DISTINCT ON (l.account_id, special.place)
        l.account_id, special.place, coalesce(i.quantity_scale, 0) AS scale,
        l.max_order_quantity_units, l.max_position_units
    FROM limits l
    LEFT JOIN instruments i ON i.id = l.instrument_id
    -- Without a row for all instruments each row stands for itself.
    CROSS JOIN LATERAL (
        SELECT CASE WHEN EXISTS (
            SELECT FROM limits o WHERE o.account_id = l.account_id AND o.instrument_id = 0
        ) THEN 0 ELSE l.instrument_id END AS place
    ) special
    ORDER BY l.account_id, special.place, scale DESC
) finest
WHERE own.account_id = finest.account_id AND own.instrument_id = finest.place;

DELETE FROM limits derived USING limits own
WHERE derived.instrument_id <> 0 AND own.instrument_id = 0
  AND own.account_id = derived.account_id;

ALTER TABLE limits
    DROP CONSTRAINT limits_pkey,
    DROP COLUMN max_order_quantity_units,
    DROP COLUMN max_position_units,
    ALTER COLUMN account_id DROP NOT NULL,
    ADD COLUMN holder_id integer NOT NULL
        GENERATED ALWAYS AS (coalesce(account_id, firm_id, 0)) STORED,
    ADD PRIMARY KEY (level, holder_id, instrument_id),
    ADD CONSTRAINT limits_holder CHECK (
        (account_id IS NOT NULL) = (level = 0) AND (firm_id IS NOT NULL) = (level = 1)
    ),
    ADD CONSTRAINT limits_pairs CHECK (
        (messages_per_second IS NULL) = (message_burst IS NULL)
        AND (duplicate_window_ms IS NULL) = (duplicate_max IS NULL)
    ),
    -- What may be said of one instrument.
    ADD CONSTRAINT limits_of_instrument CHECK (
        instrument_id = 0
        OR num_nonnulls(
            max_order_notional_pico, credit_pico, collar_bps, max_open_orders,
            max_gross_exposure_pico, max_daily_loss_pico, messages_per_second, duplicate_max
        ) = 0
    ),
    -- Rows of before that the engine refused stay as they are until they are set again.
    ADD CONSTRAINT limits_bounds CHECK (
        max_order_notional_pico <= 1e36 AND credit_pico BETWEEN 0 AND 1e27
        AND collar_bps BETWEEN 0 AND 100000
    ) NOT VALID;
CREATE TRIGGER next_revision BEFORE UPDATE ON limits
    FOR EACH ROW EXECUTE FUNCTION next_revision();

ALTER TABLE accounts
    ADD COLUMN revision bigint NOT NULL DEFAULT 1,
    ADD CONSTRAINT accounts_id CHECK (id <= 1048575) NOT VALID;
CREATE TRIGGER next_revision BEFORE UPDATE ON accounts
    FOR EACH ROW EXECUTE FUNCTION next_revision();

ALTER TABLE instruments
    ADD COLUMN revision               bigint NOT NULL DEFAULT 1,
    ADD COLUMN maintenance_margin_bps integer NOT NULL DEFAULT 0    -- 0: no such margin
               CHECK (maintenance_margin_bps BETWEEN 0 AND 10000),
    ADD CHECK (maintenance_margin_bps <= initial_margin_bps),
    ADD CHECK (max_quantity_units = 0 OR max_quantity_units >= lot_size_units),
    DROP CONSTRAINT instruments_min_quantity_units_check,
    -- 0: never given, one lot.
    ADD CONSTRAINT instruments_min_quantity_units_check CHECK (min_quantity_units >= 0);
UPDATE instruments SET min_quantity_units = 0 WHERE min_quantity_units = lot_size_units;
CREATE TRIGGER next_revision BEFORE UPDATE ON instruments
    FOR EACH ROW EXECUTE FUNCTION next_revision();

-- Switches that are on; those that were is for the audit log to tell.
CREATE TABLE kill_switches (
    level       smallint NOT NULL CHECK (level BETWEEN 0 AND 2),
    account_id  integer REFERENCES accounts,
    firm_id     integer REFERENCES firms,
    holder_id   integer NOT NULL GENERATED ALWAYS AS (coalesce(account_id, firm_id, 0)) STORED,
    comment     text NOT NULL DEFAULT '' CHECK (length(comment) <= 200),
    created_at  timestamptz NOT NULL DEFAULT now(),
    created_by  text NOT NULL,
    PRIMARY KEY (level, holder_id),
    CHECK ((account_id IS NOT NULL) = (level = 0) AND (firm_id IS NOT NULL) = (level = 1))
);

-- What trades cost: [[traded in 30 days from, maker's rate, taker's rate], …], whole currency units
-- and millionths of the notional.
CREATE TABLE fee_schedules (
    level       smallint NOT NULL CHECK (level BETWEEN 0 AND 2),
    account_id  integer REFERENCES accounts,
    firm_id     integer REFERENCES firms,
    holder_id   integer NOT NULL GENERATED ALWAYS AS (coalesce(account_id, firm_id, 0)) STORED,
    tiers       jsonb NOT NULL
                CHECK (jsonb_typeof(tiers) = 'array' AND jsonb_array_length(tiers) BETWEEN 1 AND 8),
    created_at  timestamptz NOT NULL DEFAULT now(),
    created_by  text NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT now(),
    updated_by  text NOT NULL,
    PRIMARY KEY (level, holder_id),
    CHECK ((account_id IS NOT NULL) = (level = 0) AND (firm_id IS NOT NULL) = (level = 1))
);

-- What one unit of a currency is worth, in 10^-9 of a unit that all currencies share.
CREATE TABLE conversions (
    currency    currency_code PRIMARY KEY,
    value_nano  bigint NOT NULL CHECK (value_nano BETWEEN 1 AND 1000000000000000),
    created_at  timestamptz NOT NULL DEFAULT now(),
    created_by  text NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT now(),
    updated_by  text NOT NULL
);

-- Shares that an account may sell short beyond its limit.
CREATE TABLE locates (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id     integer NOT NULL REFERENCES accounts,
    instrument_id  integer NOT NULL REFERENCES instruments,
    quantity_units bigint NOT NULL CHECK (quantity_units BETWEEN 1 AND 1000000000000),
    source         text NOT NULL DEFAULT '' CHECK (length(source) <= 64),
    released_at    timestamptz,
    released_by    text,
    created_at     timestamptz NOT NULL DEFAULT now(),
    created_by     text NOT NULL,
    CHECK ((released_at IS NULL) = (released_by IS NULL))
);
CREATE INDEX locates_by_account ON locates (account_id, instrument_id);

-- What the engine refused of a row, which is a bound of its own that was reached: [[index of the
-- command, reason], …], null: nothing.
ALTER TABLE reference_outbox
    ADD COLUMN refused jsonb CHECK (jsonb_typeof(refused) = 'array');

-- One row for every change that anybody makes, written in its transaction.
CREATE TABLE audit_log (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    time    timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor   text NOT NULL,
    kind    text NOT NULL CHECK (kind IN (
        'firm', 'account', 'api_key', 'instrument', 'limits', 'locate', 'fees', 'conversion',
        'kill_switch'
    )),
    name    text NOT NULL,
    before  jsonb,                          -- null: it is new
    after   jsonb NOT NULL,
    number  bigint NOT NULL DEFAULT 0       -- last row of reference_outbox of it, 0: none
);
CREATE INDEX audit_log_by_name ON audit_log (kind, name, id);

CREATE FUNCTION audit_log_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was written down stays' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION audit_log_stays();

-- `entries`: [{"kind", "name", "before", "after"}, …]. Under the lock of reference_append, so that
-- numbers are in the order of commits.
CREATE FUNCTION audit_append(actor text, number bigint, entries jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('cift.reference_outbox', 0));
    INSERT INTO audit_log (actor, kind, name, before, after, number)
    SELECT audit_append.actor, entry->>'kind', entry->>'name',
           nullif(entry->'before', 'null'::jsonb), entry->'after', audit_append.number
    FROM jsonb_array_elements(entries) WITH ORDINALITY AS listed (entry, place)
    ORDER BY place;
END $$;

-- What risk refused, for lists that begin with the newest: REJECTED (6) and CANCEL_REJECTED (7) for
-- one of risk's reasons.
CREATE INDEX executions_breaches ON executions (shard, sequence, index)
    WHERE exec_type IN (6, 7) AND reason IN (
        3, 16, 19, 20, 22, 25, 26, 27, 101, 105, 106, 109, 110, 111, 112, 113, 115, 117
    );
