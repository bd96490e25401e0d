# The figures of Benchmarks/copy.sh (the JSON of benchmark-results/) for people.

def fixed($digits): if . == null then "-" else
  pow(10; $digits) as $scale | (. * $scale | round) as $whole
  | "\($whole / $scale | floor)." + ("\($whole % $scale + $scale)" | .[1:]) end;
def grouped: if . == null then "-" else round | tostring
  | [while(length > 0; .[:-3]) | if length > 3 then .[-3:] else . end] | reverse | join(",") end;
def left($width): . + " " * ([$width - length, 0] | max) // .;
def right($width): (" " * ([$width - length, 0] | max) // "") + .;
def mib: if . == null then "-" else (. / 1024 | round | tostring) + " MiB" end;
def named: {"dump": "mariadb-dump | mariadb", "insert-select": "INSERT ... SELECT",
  "pt-archiver": "pt-archiver --bulk-insert", "mydumper": "mydumper, myloader", "before": "the copy of the other csmh"}[.] // .;

"csmh \(.csmh) on \(.machine.cores) cores, \(.machine.memory_kib / 1048576 | fixed(1)) GiB of memory, \(.machine.processor)",
(select(.machine.load_at_start > .machine.cores / 4)
  | "NOISY: the load average was \(.machine.load_at_start) before anything was started"),
"\(.rows | grouped) rows, their state \(.state_bytes) bytes on average; rounds: \(.rounds)",
if .one_server then "one server: \(.source.server)"
else "source: \(.source.server)", "target: \(.target.server)" end,
"",
("way" | left(27)) + ("min" | right(9)) + ("median" | right(9)) + ("max" | right(9)) + " rows/s"
  + ("peak" | right(10)) + ("copy/peer" | right(11)) + ("migrate/peer" | right(14)),
(.ways[]
  | (.way | named | left(27)) + (.rows_per_second.min | grouped | right(9)) + (.rows_per_second.median | grouped | right(9))
    + (.rows_per_second.max | grouped | right(9)) + "       " + (.peak_kib | mib | right(10))
    + (.csmh_copy_ratio | fixed(2) | right(11)) + (.csmh_migrate_ratio | fixed(2) | right(14))
    + (if .content_equal then "" else "  ROWS DIFFER" end)),
(.verify | select(.) | "",
  "csmh verify \(.verify_rows_per_second | grouped) rows/s, bare scans \(.scan_rows_per_second | grouped) rows/s (medians; "
    + "\(.workers) connections to each server)"),
(.memory | select(.) | "",
  "peak memory of csmh migrate: \(.peak_kib_small | mib) at \(.rows_small | grouped) rows"),
"",
(.rows as $rows | .goals[]
  | (if .goal == "verify" then "verify at least \(.at_least | fixed(2)) times the bare scans"
     elif .goal == "memory" then "peak memory at \($rows | grouped) rows at most \(.at_most | fixed(2)) times that at 100,000"
     else "\(.at_least | fixed(1)) times \(.goal | named)" end)
    + ": " + (if .holds then "yes" else "NO" end) + " (\(.measured | fixed(2)))")
