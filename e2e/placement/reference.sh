#!/bin/sh
# Serves the original Placement (Debian's python3-placement, under uwsgi) in the foreground:
#
#   reference.sh PORT DB
#
# DB is made anew. Making its tables takes seconds, so an empty one is kept and copied.
set -eu
port=$1
db=$2
conf=$db.conf
mkdir -p "$conf"
printf '%s\n' '[api]' 'auth_strategy = noauth2' '[placement_database]' \
  "connection = sqlite:///$db" >"$conf/placement.conf"
export OS_PLACEMENT_CONFIG_DIR="$conf" PYTHONDONTWRITEBYTECODE=1

version=$(dpkg-query -W -f '${Version}' python3-placement | tr -c 'a-zA-Z0-9.\n' _)
empty=${TMPDIR:-/tmp}/placement-empty-$(id -u)-$version.db
if [ ! -s "$empty" ]; then
  /usr/bin/python3 -c '
import sys
from placement.cmd import manage
sys.argv = ["placement-manage", "--config-file", sys.argv[1], "db", "sync"]
sys.exit(manage.main())' "$conf/placement.conf" >&2
  mv "$db" "$empty.$$"
  mv "$empty.$$" "$empty"
fi
cp "$empty" "$db"

exec uwsgi --plugin python3 --http-socket "127.0.0.1:$port" \
  --module 'placement.wsgi:init_application()' --need-app --processes 1 \
  --buffer-size 65535 --disable-logging --die-on-term --skip-atexit-teardown
