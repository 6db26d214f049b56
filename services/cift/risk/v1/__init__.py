"""Generated protobuf of risk, version 1."""
