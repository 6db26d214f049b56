"""Generated protobuf of market data, version 1."""
