"""`python -m bench.hq`: headquarters measured on one machine."""
