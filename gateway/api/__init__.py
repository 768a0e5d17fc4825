"""The JSON surface: three dialects over one store, each a thin translator of its own."""
