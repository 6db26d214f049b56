"""The databases that services read and write, one module each."""
