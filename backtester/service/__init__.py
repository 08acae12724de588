"""What the long-lived service stands on, whichever adapter carries a request to it: jobs, access, HTTP, telemetry."""
