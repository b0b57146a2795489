"""The reading mat: a printed sheet whose numbered slots tie each cassette to its place and give the picture a scale."""
