"""Small parts of docker-compose.yml: the databases' first start, the demo's two servers, the collector's settings."""
