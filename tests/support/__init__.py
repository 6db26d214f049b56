"""What tests share: real servers to start and kill, and small state machines to run on the logs."""
