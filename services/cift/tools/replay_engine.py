"""Replay through the core in this process, one call per operation."""

__all__ = ["EngineRun", "replay_through_engine"]

PROGRESS_STEP = 4096
