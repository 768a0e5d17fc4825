"""The mirror as a folder of files, for programs that read folders (khal, todoman, vim, grep)."""
