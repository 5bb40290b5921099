"""What runs the jobs: threads on this machine."""
