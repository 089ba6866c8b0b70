-- What Sillage needs of a ClickHouse server, and no more. Two users: `sillage_writer` loads flows, keeps the schema and drops what is too
-- old; `sillage_reader` runs the queries of panels, alerts and the API, and cannot change anything.
--
-- Make the users first, with passwords of your own (docker/clickhouse/users.sh does this for docker-compose.yml):
--   CREATE USER sillage_writer IDENTIFIED WITH sha256_password BY '...';
--   CREATE USER sillage_reader IDENTIFIED WITH sha256_password BY '...' SETTINGS readonly = 2;
-- readonly = 2: the reader may set the bounds of its own queries (time, memory, rows), but neither write nor take readonly back.
--
-- Then: clickhouse-client --multiquery < rights.sql. Another database than `sillage`: replace the name (store.database). May run again.

CREATE DATABASE IF NOT EXISTS sillage;

-- Flows come in, rollups are computed (views read the raw table and write theirs as the writer), dictionaries label what is inserted.
GRANT SELECT, INSERT, dictGet ON sillage.* TO sillage_writer;
-- The schema at the first start and at updates. Dictionaries are made anew at every start, views (for which the rights on tables do) when they
-- get a new column.
GRANT CREATE DATABASE, CREATE TABLE, CREATE DICTIONARY ON sillage.* TO sillage_writer;
GRANT DROP TABLE, DROP DICTIONARY, TRUNCATE ON sillage.* TO sillage_writer;
GRANT ALTER ADD COLUMN, ALTER ORDER BY, ALTER TTL, ALTER SETTINGS, ALTER ADD INDEX, ALTER MATERIALIZE INDEX ON sillage.* TO sillage_writer;
-- Retention by size drops partitions and parts; a change of networks.yaml puts new rows in place of the old ones.
GRANT ALTER DELETE ON sillage.* TO sillage_writer;
GRANT SYSTEM RELOAD DICTIONARY ON *.* TO sillage_writer;
-- Where it stands: sizes, disks, merges, and what is wrong with parts (`sillage retention`, `sillage doctor`). Rows of others' tables are hidden.
GRANT SELECT ON system.tables TO sillage_writer;
GRANT SELECT ON system.columns TO sillage_writer;
GRANT SELECT ON system.parts TO sillage_writer;
GRANT SELECT ON system.detached_parts TO sillage_writer;
GRANT SELECT ON system.disks TO sillage_writer;
GRANT SELECT ON system.merges TO sillage_writer;
GRANT SELECT ON system.mutations TO sillage_writer;
GRANT SELECT ON system.merge_tree_settings TO sillage_writer;
-- A query that was cancelled or is out of time is ended in the engine too: one of the reader's, by the writer.
GRANT SELECT ON system.processes TO sillage_writer;
GRANT KILL QUERY ON *.* TO sillage_writer;

-- Queries: the tables, and dictionaries for late sampling rates and labels.
GRANT SELECT, dictGet ON sillage.* TO sillage_reader;
