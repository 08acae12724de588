"""The commands of the service: `serve`, `api`, `sockets`, `work`, `keys` and `mcp`."""
