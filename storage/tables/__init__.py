"""One table, one file: plain functions over a connection that read and write rows, and decide nothing."""
