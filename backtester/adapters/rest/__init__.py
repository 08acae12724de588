"""The REST API: FastAPI over the jobs of the service. docs/how-to/service.md describes the routes."""
