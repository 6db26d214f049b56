"""Generated protobuf of common, version 1."""
