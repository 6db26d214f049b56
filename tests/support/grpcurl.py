"""grpcurl, built once with the machine's Go into the user's cache, and how to call it."""

import fcntl
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import needs

__all__ = ["Answer", "Grpcurl", "build"]

VERSION = "v1.9.3"
MODULE = f"github.com/fullstorydev/grpcurl/cmd/grpcurl@{VERSION}"
BUILD_SECONDS = 900.0
CALL_SECONDS = 30.0
STATUS_BASE = 64
"""grpcurl exits with this plus the number of the gRPC status."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What grpcurl printed and how it ended."""

    status: int
    """Number of the gRPC status, 0: OK."""
    replies: list[Any]
    """The messages of the answer, as JSON gives them."""
    said: str
    """Standard error: the status in words, with its details."""

    @property
    def reply(self) -> Any:
        """The one message of an answer that must be OK."""
        assert self.status == 0, self.said
        assert len(self.replies) == 1, self.replies
        return self.replies[0]


@dataclass(frozen=True, slots=True)
class Grpcurl:
    """Calls services as a person at a shell does."""

    program: Path

    def run(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run it with these words and this standard input."""
        return subprocess.run(
            (str(self.program), *arguments),
            input=given,
            capture_output=True,
            text=True,
            timeout=CALL_SECONDS,
            check=False,
        )

    def call(
        self,
        address: str,
        method: str,
        request: str | dict[str, Any],
        *,
        key: str | None = None,
        seconds: float | None = None,
    ) -> Answer:
        """Call a method, `package.Service/Method`; a text may hold several messages.

        `seconds` is the deadline, that of streams above all; None: none.
        """
        given = request if isinstance(request, str) else json.dumps(request)
        header = () if key is None else ("-H", f"authorization: Bearer {key}")
        limit = () if seconds is None else ("-max-time", str(seconds))
        done = self.run("-plaintext", *header, *limit, "-d", "@", address, method, given=given)
        return answered(done)


def answered(done: subprocess.CompletedProcess[str]) -> Answer:
    """Read what a run printed."""
    assert done.returncode == 0 or done.returncode > STATUS_BASE, done.stderr
    replies, text, decoder = [], done.stdout.lstrip(), json.JSONDecoder()
    while text:
        reply, end = decoder.raw_decode(text)
        replies.append(reply)
        text = text[end:].lstrip()
    return Answer(max(0, done.returncode - STATUS_BASE), replies, done.stderr)


def build() -> Grpcurl:
    """Build it unless it is there; a machine whose Go cannot fetch it is one without it."""
    go = needs.find("go")
    assert go is not None, "only for tests that need go"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "cift" / f"grpcurl-{VERSION}"
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "grpcurl"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # Workers of one run share the cache.
        if not program.exists():
            done = subprocess.run(
                (go, "install", MODULE),
                env={**os.environ, "GOBIN": str(folder)},
                capture_output=True,
                text=True,
                timeout=BUILD_SECONDS,
                check=False,
            )
            if done.returncode != 0:
                last = (done.stderr.strip() or "no word").splitlines()[-1]
                needs.unmet(["go"], f"grpcurl, which go could not build: {last}")
    return Grpcurl(program)
