"""Ctrl-C works in the tests and in what they start, even where they were started in the background with it ignored."""

import signal

signal.signal(signal.SIGINT, signal.default_int_handler)
