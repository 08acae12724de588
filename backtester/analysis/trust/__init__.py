"""`analysis.trust`: whether the result of a run is worth believing. A file for each kind of doubt."""
