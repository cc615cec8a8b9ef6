"""The languages of the help texts: English as the code has them, and Chinese."""
