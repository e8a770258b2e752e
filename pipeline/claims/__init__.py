"""The claims audit: a printed sentence against the data, its verdict, and the wording that the data support."""
