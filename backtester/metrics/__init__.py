"""What the ledger is worth: one pure function a metric, its formula above its code."""
