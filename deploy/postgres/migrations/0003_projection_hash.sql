-- The running hash of FILLS at a cursor's place: another hash there means that the rows came from
-- another log, and the projection is built anew. Null: not known. The 64 bits of an unsigned
-- number.
ALTER TABLE projection_cursor ADD COLUMN state_hash bigint;
