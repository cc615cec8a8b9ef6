"""What an audit may claim of wrong labels: without answers of people, and with them."""
