// To which layer a sample of perf belongs: the kernel's by the system call that it was in, the program's own by the
// function that ran. What no rule knows is "other", so that the layers add up to the whole.
const calls = [
  [/^(recv|read)/, 'kernel: receive'],
  [/^send/, 'kernel: send'],
  [/^epoll/, 'kernel: epoll'],
  [/^futex/, 'kernel: threads wait and wake'],
  [/^(pwrite|write|fdatasync|fsync|pread|ftruncate|fallocate|lseek)/, 'kernel: files and wake-ups by write'],
];

// By the function's own name or its library's.
const functions = [
  [/^(_int_)?(malloc|free|realloc|calloc)|^cfree|^operator (new|delete)|malloc_|^tcache_|^unlink_chunk|^sysmalloc/, 'memory'],
  [/^sqlite3|libsqlite/, 'SQLite'],
  [/^(void |bool )?boost::(asio|beast)/, 'Asio and Beast'],
  [/boost::json/, 'codec'],
];
// By the first of our rooms that its name tells of, as it was written or as the linker writes it: what comes later are
// arguments. A template of the standard library counts for whom it works.
const rooms = { protocol: 'codec', core: 'core', gateway: 'gateway', sequencer: 'sequencer', monitor: 'monitor', journal: 'journal', archive: 'archive' };
const libraries = [
  [/prometheus/, 'monitor'],
  [/libcrypto|libsodium/, 'checksums and keys'],
  [/vdso/, 'clock'],
  [/libc\.so|libpthread|libstdc\+\+/, 'libc and libstdc++'],
];

function layerOfFunction({ symbol, object }) {
  const known = (rules) => rules.find(([rule]) => rule.test(symbol) || rule.test(object))?.[1];
  const own = known(functions);
  if (own) return own;
  const [, room, part] = /heti(?:::|\d+)([a-z]+)(?:(?:::|\d+)(Fanout|Hub|Relay))?/.exec(symbol) ?? [];
  if (room === 'gateway' && (part || /6Fanout|3Hub|5Relay/.test(symbol))) return 'fan-out';
  return rooms[room] ?? known(libraries) ?? 'other';
}

// `frames`: {symbol, object}, the innermost first.
export function layerOf(frames) {
  const [leaf] = frames;
  if (leaf === undefined) return 'other';
  if (leaf.object.includes('kernel') || leaf.object.endsWith('.ko')) {
    for (const { symbol } of frames) {
      const call = /^__(?:x64|arm64)_sys_(\w+)/.exec(symbol)?.[1];
      if (call) return calls.find(([rule]) => rule.test(call))?.[1] ?? 'kernel: other calls';
    }
    return 'kernel: interrupts and scheduling';
  }
  return layerOfFunction(leaf);
}

// The text of `perf script -F comm,tid,ip,sym,dso`: {thread, frames} one after the other.
export function* samplesOf(text) {
  for (const block of text.split('\n\n')) {
    const [head, ...lines] = block.split('\n').filter((line) => line.trim() !== '');
    const thread = /^\s*(.*?)\s+\d+\s*$/.exec(head ?? '')?.[1];
    if (thread === undefined) continue;
    const frames = lines.map((line) => /^\s*[0-9a-f]+ (.*) \((.*)\)$/.exec(line)).filter(Boolean)
      .map(([, symbol, object]) => ({ symbol, object }));
    yield { thread, frames };
  }
}
