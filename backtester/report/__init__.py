"""A result document as one HTML page for people, which needs no network.

It reads the document alone, and computes no figure that the document has. Jinja2 and plotly are the extra `report`;
they are imported when a page is made, so that a missing one is reported in a sentence. The summary for a terminal
needs neither.
"""
