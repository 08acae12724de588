"""The REST API: FastAPI over the jobs of the service. docs/how-to/service.md says what each route does."""
