"""The demonstration: an issuer of its own, scenes for the simulated cameras, and all programs started together."""
