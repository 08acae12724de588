"""The metrics of a ledger: one pure function a metric, its formula above its code."""
