"""Validators made of the schemas by scripts/validators.py; see `contract/check.py`."""
