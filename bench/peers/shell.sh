#!/bin/bash
# GNU sort, perl and awk: the yardsticks that need no database. The last line of stdout: seconds=… and what was counted.
#   shell.sh copy FILE OUT       cp: what writing the file costs at least
#   shell.sh sort FILE OUT       sorts a file by its first field, nothing else
#   shell.sh members FILE OUT    header, rows without a key and repeated rows aside, the others sorted by both columns
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
esac
end=$(now)
counts=
[ "$op" = members ] && counts="written=$(rows "$out/sorted") nullKeys=$(rows "$out/nullpk") duplicates=$(rows "$out/duplicates")"
awk -v a="$start" -v b="$end" -v c="$counts" 'BEGIN { printf "seconds=%.3f %s\n", b - a, c }'
