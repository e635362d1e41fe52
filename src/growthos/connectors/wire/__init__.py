"""What imports httpx or listens: an exchange over the wire and the credentials put on it, a browser's answer."""
