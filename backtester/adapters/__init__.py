"""What carries a request from elsewhere than one stdin: many lines, a web server, a queue."""
