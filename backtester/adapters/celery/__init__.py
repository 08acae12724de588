"""The queue's workers: Celery on Redis."""
