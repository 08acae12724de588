"""The REST API: FastAPI over the jobs of the service. docs/service.md says what each route does."""
