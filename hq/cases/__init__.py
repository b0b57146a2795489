"""Cases: what somebody must look at, how urgent it is, and its way from new to closed."""
