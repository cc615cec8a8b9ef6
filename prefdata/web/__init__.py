"""Pages in a browser: what prefdata serves over HTTP, for people who judge and who lead."""
