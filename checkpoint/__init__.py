"""What a checkpoint is and decides: no camera, no browser, no GPIO."""
