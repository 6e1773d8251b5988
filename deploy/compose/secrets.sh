#!/bin/sh
# Prints env.example with fresh secrets:  (umask 077; deploy/compose/secrets.sh > .env)
set -eu
while IFS= read -r line; do
  case $line in
    *_KEY=) printf '%s%s\n' "$line" "$(openssl rand -base64 32)" ;;
    [A-Z]*=) printf '%s%s\n' "$line" "$(openssl rand -hex 24)" ;;
    '# What'*) ;;
    *) printf '%s\n' "$line" ;;
  esac
done < "$(dirname "$0")/env.example"
