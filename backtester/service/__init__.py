"""The long-lived service below its adapters: jobs, authentication, HTTP, telemetry."""
