#!/bin/sh
# The core's library asks for no clock, chance, file, socket or thread, and a program made of it alone runs.
set -eu
program=$1
library=$2
"$program"
forbidden='clock_gettime|gettimeofday|^time$|^s?rand|getentropy|random_device|^f?open|^read$|^write$|socket|^connect$|pthread_create|getenv|_clock::now'
if nm --undefined-only --format=just-symbols --demangle "$library" 2>/dev/null | sort -u | grep -v '^heti::' |
  grep -E "$forbidden"; then
  echo "the core's library asks for the above" >&2
  exit 1
fi
if ldd "$program" | grep -vE 'linux-vdso|libstdc\+\+|libm\.|libgcc_s|libc\.|ld-linux|libasan|libubsan|libtsan'; then
  echo "the core alone needs the above libraries" >&2
  exit 1
fi
