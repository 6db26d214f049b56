"""Generated protobuf of matching, version 1."""
