"""Runs published test suites of certificate and rule formats, any folder of them, through the product's own code."""
