"""Lighthouse, driven against the running demonstration."""
