"""What holds for all tests: what code finds counts, not how quickly a busy machine lets it find that."""

from hypothesis import HealthCheck, settings

settings.register_profile("calharbor", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("calharbor")
