"""What imports httpx: one exchange over the wire, and the credentials put on it. Loaded when a source is first asked."""
