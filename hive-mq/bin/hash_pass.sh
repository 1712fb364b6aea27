#!/bin/sh
# Hashes a password for credentials.xml, with the generator of the extension in a running container of HiveMQ.
# Without Docker, or for a password that others of this machine may not see in its list of processes:
# "m3saas mqtt hash-password" makes the same.
set -eu

usage() {
    echo "ERROR: $1" >&2
    echo "Usage: sh $0 <container> <password>" >&2
    exit 1
}

[ -n "${1:-}" ] || usage 'Must provide hive-mq container name'
[ -n "${2:-}" ] || usage 'Must specify a password to hash'
[ $# -eq 2 ] || usage 'One container and one password: a password with spaces needs quotes'
case $1 in
-*) usage "No container has the name $1" ;;
esac
case $2 in
# The generator would read a file of that name.
@*) usage 'A password that begins with @ cannot be hashed here; m3saas mqtt hash-password can' ;;
esac

# Without a locale Java takes letters beyond ASCII for others, and the hash would be of another password.
exec docker exec --env LC_ALL=C.UTF-8 "$1" \
    java -jar /opt/hivemq/extensions/hivemq-file-rbac-extension/hivemq-file-rbac-extension.jar -p "$2"
