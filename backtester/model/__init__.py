"""Records of the field, errors and codes: what every stage shares."""
