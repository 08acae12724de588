"""Live updates: Socket.IO over the jobs of the service. docs/how-to/service.md says what is emitted and heard."""
