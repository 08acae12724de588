"""Live updates: Socket.IO over the jobs of the service. docs/how-to/service.md describes the events."""
