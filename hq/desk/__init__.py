"""The desk: the pages of headquarters, a blueprint per noun."""
