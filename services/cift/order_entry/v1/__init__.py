"""Generated protobuf of order entry, version 1."""
