#!/bin/bash
# GNU sort, comm, perl and awk: the yardsticks that need no database. The last line of stdout: seconds=… and what was counted.
#   shell.sh copy FILE OUT       cp: what writing the file costs at least
#   shell.sh sort FILE OUT       sorts a file by its first field, nothing else
#   shell.sh members FILE OUT    header, rows without a key and repeated rows aside, the others sorted by both columns
#   shell.sh cleanse FILE OUT    entries: mapped columns only, rows without a key and repeated keys left out, the others sorted
#   shell.sh delta FOLDER OUT    what FOLDER/day2/sorted changes of FOLDER/day1/sorted, both of them cleansed; one row a key
# Line tools know no quotes: `;` must separate, and no key may hold a `;` or a `"`.
set -eu
export LC_ALL=C
op=$1 in=$2 out=$3
mkdir -p "$out"
now() { date +%s.%N; }
rows() { echo $(($(wc -l < "$1") - 1)); }
start=$(now)
case $op in
copy) cp "$in" "$out/copy" ;;
sort) sort -t';' -k1,1 -s -S 1G --parallel=1 -T "$out" "$in" -o "$out/sorted" ;;
members)
  head -n 1 "$in" | tee "$out/nullpk" "$out/duplicates" > "$out/sorted"
  # perl is the fastest line filter of the usual ones.
  tail -n +2 "$in" |
    perl -e 'open(N, ">>", $ARGV[0]); while (<STDIN>) { if (ord == 59 || substr($_, -2, 1) eq ";") { print N $_ } else { print } }' "$out/nullpk" |
    sort -t';' -k1,1 -k2,2 -s -S 1G --parallel=1 -T "$out" |
    perl -e 'open(D, ">>", $ARGV[0]); my $k = ""; while (<STDIN>) { if ($_ eq $k) { print D $_ } else { $k = $_; print } }' "$out/duplicates" >> "$out/sorted" ;;
cleanse)
  # The last two columns are not mapped, and hold no `;`.
  head -n 1 "$in" | perl -pe 's/;[^;]*;[^;]*$/\n/' > "$out/sorted"
  tail -n +2 "$in" |
    perl -ne 'next if ord == 59; my $i = rindex($_, ";", rindex($_, ";") - 1); print substr($_, 0, $i), "\n"' |
    sort -t';' -k1,1 -s -S 1G --parallel=1 -T "$out" |
    perl -ne 'my $n = substr($_, 0, index($_, ";")); if ($n ne $k) { $k = $n; print }' >> "$out/sorted" ;;
delta)
  # A line in one file only; lines of one key stand together, and a key seen in both files is an update.
  comm --nocheck-order -3 "$in/day1/sorted" "$in/day2/sorted" |
    awk -F';' -v empty=';;;;;;;;;;;' '
      function end() { if (new != "") print (old ? "update;" : "insert;") new; else if (old) print "delete;" key empty; old = 0; new = "" }
      { line = $0; isNew = sub(/^\t/, "", line); now = substr(line, 1, index(line, ";") - 1)
        if (now != key) end(); key = now; if (isNew) new = line; else old = 1 }
      END { end() }' > "$out/delta" ;;
esac
end=$(now)
counts=
[ "$op" = delta ] && counts=$(awk -F';' '{ c[$1]++ } END { print "inserted=" c["insert"] + 0, "updated=" c["update"] + 0, "deleted=" c["delete"] + 0 }' "$out/delta")
[ "$op" = members ] && counts="written=$(rows "$out/sorted") nullKeys=$(rows "$out/nullpk") duplicates=$(rows "$out/duplicates")"
awk -v a="$start" -v b="$end" -v c="$counts" 'BEGIN { printf "seconds=%.3f %s\n", b - a, c }'
