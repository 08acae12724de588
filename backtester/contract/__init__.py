"""What was asked: bytes to a document, a document to a checked and complete request."""
