"""The records, errors and codes that all stages share."""
