"""The platform on one machine without Docker: real servers, an issuer, a trace receiver, a partner, a supervisor."""
