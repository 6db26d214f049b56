"""Matching: RISKED in, FILLS out, and a look at the books."""
