"""Publishing to the Hugging Face Hub: checks, uploads, commits, reading back."""
