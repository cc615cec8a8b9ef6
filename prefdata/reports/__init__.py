"""Values into pages: HTML that needs no network, and the values it shows."""
