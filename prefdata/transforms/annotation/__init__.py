"""Who judges what: turns, orders shown, when an item is done, and the figures of people."""
