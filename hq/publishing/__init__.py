"""Rules, trust lists and revocations on their way to every station."""
