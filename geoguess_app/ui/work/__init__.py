"""Work off the window's thread: jobs, the locator, pictures."""
