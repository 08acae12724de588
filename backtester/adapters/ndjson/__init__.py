"""A request a line in, a document a line out: `--worker`, `--batch`, `run_many`."""
