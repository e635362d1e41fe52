"""What imports httpx: one exchange over the wire, and the credentials put on it; loaded when a source is asked."""
