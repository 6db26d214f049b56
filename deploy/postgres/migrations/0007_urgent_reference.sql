-- Kill switches wait for no other change: their rows go to ORDERS under an origin of their own, so
-- that the relay may bring them past whatever waits. `number` stays what names a row, in the order
-- of commits; `batch` is its number within its origin, 1, 2, 3 … without a gap. An urgent row says
-- which batch of the others it must follow wherever the log is made anew: the one since which the
-- engine knows whom it is about.
--
-- A change of more commands than a message holds is several rows, the last of which is what it is
-- known by: each says which is the first.
ALTER TABLE reference_outbox
    ADD COLUMN urgent      boolean NOT NULL DEFAULT false,
    ADD COLUMN batch       bigint CHECK (batch >= 1),
    ADD COLUMN first_number bigint CHECK (first_number BETWEEN 1 AND number),
    ADD COLUMN after_batch bigint NOT NULL DEFAULT 0 CHECK (after_batch >= 0),
    ADD CHECK (urgent OR after_batch = 0);
UPDATE reference_outbox SET batch = number, first_number = number;
ALTER TABLE reference_outbox
    ALTER COLUMN batch SET NOT NULL,
    ALTER COLUMN first_number SET NOT NULL,
    ADD UNIQUE (urgent, batch);

-- `after`: null for a row that is not urgent; `first`: null for the first of a change.
DROP FUNCTION reference_append(text, jsonb);
CREATE FUNCTION reference_append(
    actor text, commands jsonb, after bigint DEFAULT NULL, first bigint DEFAULT NULL
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    next_number bigint;
    next_batch bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('cift.reference_outbox', 0));
    SELECT coalesce(max(o.number), 0) + 1 INTO next_number FROM reference_outbox o;
    SELECT coalesce(max(o.batch), 0) + 1 INTO next_batch FROM reference_outbox o
    WHERE o.urgent = (after IS NOT NULL);
    INSERT INTO reference_outbox
        (number, first_number, urgent, batch, after_batch, commands, created_by)
    VALUES (next_number, coalesce(first, next_number), after IS NOT NULL, next_batch,
            coalesce(after, 0), commands, actor);
    PERFORM pg_notify('reference_outbox', next_number::text);
    RETURN next_number;
END $$;
