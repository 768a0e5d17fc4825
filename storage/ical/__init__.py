"""iCalendar text to records and back: lossless lines, reading, patching, comparing, typed values, zones."""
