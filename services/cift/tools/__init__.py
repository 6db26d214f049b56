"""What people run by hand: replay, conformance, tap, bench and the rest of `cift …`.

Each module named as a subcommand has `add_arguments(parser)` and `run(args) -> int`, the exit
status.
"""
