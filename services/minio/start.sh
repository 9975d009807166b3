#!/bin/sh
# Starts MinIO with the keys in /credentials, which the services that use the store read, too. Without a password given, the
# first start makes one up: nothing that opens the archive is ever the same on two machines or in a commit.
set -eu
umask 077
cd /credentials

password=${S3_SECRET_KEY:-}
if [ -z "$password" ] && [ -s secret-key ]; then
  password=$(cat secret-key)
fi
if [ -z "$password" ]; then
  password=$(head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n')
fi
if [ ${#password} -lt 8 ] || [ ${#1} -lt 3 ]; then
  echo "S3_SECRET_KEY needs 8 characters at least, S3_ACCESS_KEY 3" >&2
  exit 1
fi
# Renamed into place, so that a start that is cut short leaves no half of a password behind.
printf '%s' "$password" > secret-key.new
mv secret-key.new secret-key

export MINIO_ROOT_USER="$1" MINIO_ROOT_PASSWORD_FILE=/credentials/secret-key
exec minio server --address :9000 --console-address :9001 /data
