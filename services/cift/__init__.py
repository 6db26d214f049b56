"""CIFT Markets: an electronic exchange that a small team can run."""

__all__ = ["__version__"]

__version__ = "0.1.0"
