#!/bin/bash
# The sqlite3 command line shell with set-based SQL. The last line of stdout: seconds=… and what was counted.
#   sqlite.sh load FILE DATABASE        a sorted file -> table entry of a new database
#   sqlite.sh complete FILE DATABASE    a sorted file against that table: change table, threshold, apply in one transaction
# COLUMNS_OF_ENTRY: the columns, the key first, separated by commas.
set -eu
op=$1 in=$2 db=$3
columns=$COLUMNS_OF_ENTRY
rest=${columns#*,}
others() { echo "$rest" | sed "s/[^,]*/$1.&/g"; }
ddl="${columns%%,*} text not null,$(echo "$rest" | sed 's/[^,]*/& text/g')"
key=${columns%%,*}
# A deletion's other columns: one empty string for each.
empty=$(echo "$rest" | sed "s/[^,]*/''/g")
pragmas="pragma journal_mode=wal; pragma synchronous=normal; pragma cache_size=-64000; pragma temp_store=file;"
start=$(date +%s.%N)
case $op in
load)
  rm -f "$db" "$db-wal" "$db-shm"
  counts=$(sqlite3 "$db" <<SQL
$pragmas
create table entry($ddl, primary key($key)) without rowid;
.mode csv
.separator , \n
.import --skip 1 $in entry
.mode list
select 'inserted=' || count(*) from entry;
SQL
  ) ;;
complete)
  counts=$(sqlite3 "$db" <<SQL
$pragmas
create temp table b($ddl, primary key($key)) without rowid;
.mode csv
.separator , \n
.import --skip 1 $in b
create table if not exists change(Command text, $ddl);
.bail on
begin immediate;
delete from change;
insert into change
  select 'update', b.$key, $(others b) from b join entry a on a.$key = b.$key where ($(others a)) is not ($(others b))
  union all select 'insert', $columns from b where not exists (select 1 from entry a where a.$key = b.$key)
  union all select 'delete', $key, $empty from entry a where not exists (select 1 from b where b.$key = a.$key);
-- A command on more than 10 % of the table stops the transaction.
create temp table gate(ok check (ok));
insert into gate select n * 10 <= (select count(*) from entry) from (select count(*) n from change group by Command);
delete from entry where $key in (select $key from change where Command = 'delete');
insert into entry select $columns from change where Command = 'insert';
update entry set ($rest) = ($(others c)) from change c where c.Command = 'update' and c.$key = entry.$key;
commit;
.mode list
select coalesce(sum(Command = 'insert'), 0), coalesce(sum(Command = 'update'), 0), coalesce(sum(Command = 'delete'), 0) from change;
SQL
  )
  counts=$(echo "$counts" | tail -n 1 | awk -F'|' '{ print "inserted=" $1 " updated=" $2 " deleted=" $3 }') ;;
esac
end=$(date +%s.%N)
awk -v a="$start" -v b="$end" -v c="$(echo "$counts" | tail -n 1)" 'BEGIN { printf "seconds=%.3f %s\n", b - a, c }'
