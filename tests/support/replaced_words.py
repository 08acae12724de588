"""The words that the glossary has replaced, but for plain verbs that were names too (turn, fit, tell)."""

import re

REPLACED = re.compile(
    r"(?<![A-Za-z])(?:desks?|hubs?|permits?|keepers?|nouns?|doors?|whoever|rehears\w+|working process\w*)(?![A-Za-z])",
    re.IGNORECASE,
)
