"""The version, in the one place that the wheel and every result read it from."""

__version__ = "0.1.0"
