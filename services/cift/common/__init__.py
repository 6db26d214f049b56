"""Protobuf types that every service shares."""
