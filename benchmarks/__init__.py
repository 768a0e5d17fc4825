"""What things cost here, beside what they cost in other programs: ratios measured in one run on one machine."""
