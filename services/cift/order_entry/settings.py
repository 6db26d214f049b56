"""Settings of order entry."""

from dataclasses import dataclass

from cift.kit.config import CommonSettings, setting

__all__ = ["OrderEntrySettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEntrySettings(CommonSettings):
    """Bounds of what order entry holds and promises."""

    listen: str = setting("127.0.0.1:50051", help="host:port of the gRPC server")
    answer_seconds: float = setting(
        5.0,
        help="longest wait for an outcome; then the answer is OUTCOME_UNKNOWN",
        minimum=0.1,
        maximum=300,
    )
    max_waiting_commands: int = setting(
        262_144,
        help="commands without an outcome; beyond, new ones are refused as UNAVAILABLE",
        minimum=4_096,
        maximum=1 << 24,
    )
    max_log_fullness: float = setting(
        0.95, help="part of a log in use from which only cancels are taken", minimum=0, maximum=1
    )
    session_window: int = setting(
        1_024, help="requests of one session that may wait for their answer", minimum=1
    )
    recent_bytes: int = setting(
        64 << 20,
        help="last FILLS messages kept for execution streams; how far one may fall behind",
        minimum=1 << 20,
    )
    history_readers: int = setting(
        8, help="execution streams that read history at once; more wait", minimum=1, maximum=1_000
    )
