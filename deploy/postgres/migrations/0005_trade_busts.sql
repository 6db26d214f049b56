-- A trade that was undone has an execution of type TRADE_BUST (11) for each side, with the match
-- id, price and quantity of the trade. What was told of the trade before stays as it was.
CREATE INDEX executions_busts ON executions (shard, match_id, side) WHERE exec_type = 11;

-- Each side of each trade (TRADE, 2), and whether it was undone.
CREATE VIEW trade_executions AS
SELECT
    traded.*,
    EXISTS (
        SELECT FROM executions AS bust
        WHERE bust.exec_type = 11 AND bust.shard = traded.shard
          AND bust.match_id = traded.match_id AND bust.side = traded.side
    ) AS busted
FROM executions AS traded
WHERE traded.exec_type = 2;
