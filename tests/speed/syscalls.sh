#!/usr/bin/env bash
# Counts the system calls that one message costs the real server, with strace, and fails above the numbers in
# syscalls.txt. Each case is run twice, with few and with many messages, and the difference counts: what a start, the
# logins and the end cost falls out.
#   tests/speed/syscalls.sh HETI HETI_LOAD
set -euo pipefail
heti=$(realpath "$1")
tool=$(realpath "$2")
limits=$(dirname "$0")/syscalls.txt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! strace -f -qq -o /dev/null true; then
  echo "skipped: strace may not trace here; run it as root, or allow ptrace (kernel.yama.ptrace_scope)"
  exit 0
fi

# What the tool starts as its server. With -D it is the server itself that the tool sees, and strace stands aside.
cat >"$work/heti" <<END
#!/bin/sh
if [ "\$1" != run ]; then exec "$heti" "\$@"; fi
exec strace -D -f -qq -c -S calls -o "\$SYSCALLS" "$heti" "\$@"
END
chmod +x "$work/heti"

# counted NAME MESSAGES CASE...: writes "call number" lines and the messages that were delivered in all.
counted() {
  local name=$1 messages=$2
  shift 2
  SYSCALLS=$work/$name.strace "$tool" "$@" --server "$work/heti" --messages "$messages" --warm-up 0 --own-core -1 \
    --server-cores 0,1 --json "$work/$name.json" >"$work/$name.log" 2>&1 || {
    tail -n 20 "$work/$name.log"
    return 1
  }
  for _ in $(seq 500); do
    grep -qs ' total$' "$work/$name.strace" && break
    sleep 0.02
  done
  # % time, seconds, usecs/call, calls, and errors if there were any
  awk '$1 ~ /^[0-9.]+$/ && $NF != "total" {print $NF, $4}' "$work/$name.strace" >"$work/$name.calls"
  sed -n 's/.*"delivered_in_all": \([0-9]*\).*/\1/p' "$work/$name.json" >"$work/$name.delivered"
  [[ -s $work/$name.calls && -s $work/$name.delivered ]]
}

status=0
while read -r name few many arguments; do
  read -r -a words <<<"$arguments"
  counted few "$few" "${words[@]}"
  counted many "$many" "${words[@]}"
  echo "$name: heti_load $arguments"
  awk -v name="$name" -v few="$(cat "$work/few.delivered")" -v many="$(cat "$work/many.delivered")" '
    # Names of one call on different kernels and libraries count as one.
    function kind(call) {
      if (call ~ /^(recvfrom|recvmsg|recvmmsg|read|readv)$/) return "recv"
      if (call ~ /^(sendto|sendmsg|sendmmsg)$/) return "send"
      if (call ~ /^epoll_(wait|pwait|pwait2)$/) return "epoll_wait"
      if (call ~ /^(write|writev|pwrite64|pwritev|pwritev2)$/) return "write"
      if (call ~ /^(fdatasync|fsync|sync_file_range)$/) return "sync"
      if (call ~ /^(epoll_ctl|futex)$/) return call
      return "other"
    }
    FILENAME ~ /few.calls$/ { sum[kind($1)] -= $2; sum["all"] -= $2; next }
    FILENAME ~ /many.calls$/ { sum[kind($1)] += $2; sum["all"] += $2; next }
    /^#/ || NF == 0 { next }
    $1 == "limit" && $2 == name {
      each = sum[$3] / (many - few)
      printf "  %-12s %6.3f a message, at most %.2f\n", $3, each, $4
      if (each > $4) { print "  TOO MANY: see syscalls.txt for what they are for"; failed = 1 }
      ++limits
    }
    END {
      printf "  %-12s %6.3f a message, over %d messages\n", "other", sum["other"] / (many - few), many - few
      if (limits == 0 || many <= few) { print "  nothing was measured"; failed = 1 }
      exit failed
    }' "$work/few.calls" "$work/many.calls" "$limits" || status=1
done < <(awk '$1 == "case" {$1 = ""; print}' "$limits")
exit $status
