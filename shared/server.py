"""The HTTP server of every process, API or worker: it takes a signal as a wish to end, and the process ends itself."""

from collections.abc import Callable
from types import FrameType

import uvicorn


class Server(uvicorn.Server):
    """uvicorn, but `serve()` returns after a signal.

    uvicorn itself sends the process the same signal again once it has served, so that whatever comes afterwards (the
    consumer's last commit, the flush of the traces) would be killed.

    Args:
        config: of uvicorn.
        on_signal: called in the main thread at SIGTERM and SIGINT, such as `Gate.close`.
    """

    def __init__(self, config: uvicorn.Config, on_signal: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_signal = on_signal

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self._on_signal()
        self.should_exit = True
