#!/bin/sh
# Prints env.example with fresh secrets:  (umask 077; deploy/compose/secrets.sh > .env)
set -eu
while IFS= read -r line; do
  case $line in
    # Good from today until this month of next year; README.md of notifications says how the next one is added.
    *_KEYS=)
      printf '%s[{"id":"%s","seed":"%s","not_before":"%s","not_after":"%s"}]\n' "$line" "$(date -u +%Y-%m-%d)" \
        "$(openssl rand -base64 32)" "$(date -u +%Y-%m-%dT00:00:00Z)" "$(($(date -u +%Y) + 1))-$(date -u +%m)-01T00:00:00Z" ;;
    *_KEY=) printf '%s%s\n' "$line" "$(openssl rand -base64 32)" ;;
    [A-Z]*=) printf '%s%s\n' "$line" "$(openssl rand -hex 24)" ;;
    '# What'*) ;;
    *) printf '%s\n' "$line" ;;
  esac
done < "$(dirname "$0")/env.example"
