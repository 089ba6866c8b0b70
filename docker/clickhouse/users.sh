#!/bin/bash
# Makes Sillage's two users in a new ClickHouse container: the image runs what lies in /docker-entrypoint-initdb.d when its volume is empty.
# Passwords come from the environment; rights.sql says what each user may do.
set -eu

client() {
  clickhouse-client --multiquery --host 127.0.0.1 --user "$CLICKHOUSE_USER" --password "$CLICKHOUSE_PASSWORD"
}

# As ClickHouse reads a text: backslash and quote are escaped.
quoted() {
  local text=${1//\\/\\\\}
  printf "'%s'" "${text//\'/\\\'}"
}

client <<SQL
CREATE USER IF NOT EXISTS sillage_writer IDENTIFIED WITH sha256_password BY $(quoted "$SILLAGE_WRITER_PASSWORD");
CREATE USER IF NOT EXISTS sillage_reader IDENTIFIED WITH sha256_password BY $(quoted "$SILLAGE_READER_PASSWORD") SETTINGS readonly = 2;
SQL
client < /opt/sillage/rights.sql
