"""Risk: ORDERS and FILLS in, RISKED out; limits, positions and reference data."""
