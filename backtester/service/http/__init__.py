"""HTTP as the service speaks it, whatever is served: problems, bodies, the guard around every request, the server."""
