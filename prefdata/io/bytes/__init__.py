"""The bytes of a source: local files, URLs and pipes, decompressed, decoded, in lines."""
