#!/bin/bash
# Runs once, when the volume is empty: a role and a database for each service, which no other service's role may enter.
set -euo pipefail
for service in selection placement citizen_space notifications; do
  psql --quiet --set ON_ERROR_STOP=1 --username postgres <<SQL
\getenv password ${service^^}_DB_PASSWORD
CREATE ROLE $service LOGIN PASSWORD :'password';
CREATE DATABASE $service OWNER $service;
REVOKE ALL ON DATABASE $service FROM PUBLIC;
SQL
done
