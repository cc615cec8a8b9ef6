"""Records in the formats that trainers read, and what each format cannot hold."""
