"""Jobs in Redis or in a SQLite file, under one set of rules; their worker, their events, Celery's queues."""
