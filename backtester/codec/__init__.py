"""JSON documents and bytes: decoding, encoding, canonical form, digests."""
