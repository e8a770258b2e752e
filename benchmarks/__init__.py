"""What `survey bench` measures. Not part of the installed package: it works from a clone."""
