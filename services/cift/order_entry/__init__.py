"""Order entry: the way into the exchange, and the stream of what happened there."""
