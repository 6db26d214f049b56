-- Users: the people and programs of a firm. Every API key belongs to one; a key counts while its
-- user is enabled, and for the scopes that both have.
CREATE DOMAIN user_name AS text CHECK (VALUE ~ '^[a-z0-9][a-z0-9._+@-]{0,63}$');

CREATE TABLE users (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    firm_id      integer NOT NULL REFERENCES firms,
    name         user_name NOT NULL,
    display_name text NOT NULL DEFAULT '' CHECK (length(display_name) <= 100),
    scopes       text[] NOT NULL
                 CHECK (cardinality(scopes) >= 1 AND scopes <@ ARRAY['read', 'trade', 'admin']),
    enabled      boolean NOT NULL DEFAULT true,
    revision     bigint NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now(),
    created_by   text NOT NULL,
    updated_at   timestamptz NOT NULL DEFAULT now(),
    updated_by   text NOT NULL,
    UNIQUE (firm_id, name),
    UNIQUE (id, firm_id)    -- for keys, which are of their user's firm
);
CREATE TRIGGER next_revision BEFORE UPDATE ON users
    FOR EACH ROW EXECUTE FUNCTION next_revision();

ALTER TABLE audit_log
    DROP CONSTRAINT audit_log_kind_check,
    ADD CONSTRAINT audit_log_kind_check CHECK (kind IN (
        'firm', 'user', 'account', 'api_key', 'instrument', 'limits', 'locate', 'fees',
        'conversion', 'kill_switch'
    ));

-- Keys of before belong to a user that is named as their label is, and those without a label to
-- the firm's user "service", whose scopes bound none of its keys, as that of later ones.
CREATE TEMPORARY TABLE key_users ON COMMIT DROP AS
SELECT id AS key_id, firm_id, label, scopes, coalesce(
    nullif(btrim(left(regexp_replace(lower(label), '[^a-z0-9._+@-]+', '-', 'g'), 64), '._+@-'), ''),
    'service'
) AS name
FROM api_keys;

INSERT INTO users (firm_id, name, display_name, scopes, created_by, updated_by)
SELECT firm_id, name, left(min(label), 100),
       array_remove(ARRAY[
           CASE WHEN name = 'service' OR bool_or('read' = ANY (scopes)) THEN 'read' END,
           CASE WHEN name = 'service' OR bool_or('trade' = ANY (scopes)) THEN 'trade' END,
           CASE WHEN name = 'service' OR bool_or('admin' = ANY (scopes)) THEN 'admin' END
       ], NULL),
       'migration 8', 'migration 8'
FROM key_users
GROUP BY firm_id, name
ORDER BY min(key_id);

ALTER TABLE api_keys ADD COLUMN user_id bigint;
UPDATE api_keys k SET user_id = u.id
FROM key_users named
JOIN users u USING (firm_id, name)
WHERE k.id = named.key_id;
ALTER TABLE api_keys
    ALTER COLUMN user_id SET NOT NULL,
    ADD FOREIGN KEY (user_id, firm_id) REFERENCES users (id, firm_id);
CREATE INDEX api_keys_by_user ON api_keys (user_id);

SELECT audit_append('migration 8', 0, jsonb_agg(jsonb_build_object(
    'kind', 'user', 'name', f.name || '/' || u.name, 'before', NULL,
    'after', jsonb_build_object(
        'display_name', u.display_name, 'scopes', u.scopes, 'disabled', NOT u.enabled
    )
) ORDER BY u.id))
FROM users u JOIN firms f ON f.id = u.firm_id;

SELECT audit_append('migration 8', 0, jsonb_agg(jsonb_build_object(
    'kind', 'api_key', 'name', k.id::text, 'before', told.before,
    'after', told.before || jsonb_build_object('user', u.name)
) ORDER BY k.id))
FROM api_keys k
JOIN users u ON u.id = k.user_id
JOIN firms f ON f.id = k.firm_id
CROSS JOIN LATERAL (SELECT jsonb_build_object(
    'firm', f.name, 'scopes', k.scopes, 'label', k.label, 'disabled', k.disabled_at IS NOT NULL
) AS before) told;

-- What risk refused of one account, or of a firm's one by one, however much others were refused.
CREATE INDEX executions_breaches_by_account ON executions (account_id, shard, sequence, index)
    WHERE exec_type IN (6, 7) AND reason IN (
        3, 16, 19, 20, 22, 25, 26, 27, 101, 105, 106, 109, 110, 111, 112, 113, 115, 117
    );
