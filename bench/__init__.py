"""Measurements through sockets alone, each against a baseline of the same run. `python -m bench --help`."""
