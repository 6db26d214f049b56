"""Generated protobuf of analytics, version 1."""
