// The layers of a profile: no sample is left out, and the rules know the functions that they are for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layerOf, samplesOf } from './layers.mjs';

const kernel = '([kernel.kallsyms])';
const text = `heti 12
\tffffffff81e93205 tcp_v4_rcv ${kernel}
\tffffffff81e2bef0 __x64_sys_sendto ${kernel}
\t          10ab59 __send (/usr/lib/x86_64-linux-gnu/libc.so.6)

heti 12
\tffffffff81e93205 tcp_recvmsg ${kernel}
\tffffffff81e2bef0 __x64_sys_recvfrom ${kernel}

heti 12
\tffffffff8172e6ca ep_poll ${kernel}
\tffffffff8172e6ca __x64_sys_epoll_wait ${kernel}

journal writer 13
\tffffffff8172e6ca iowrite16 ${kernel}
\tffffffff8172e6ca __x64_sys_fdatasync ${kernel}

journal writer 13
\tffffffff8172e6ca futex_wake ${kernel}
\tffffffff8172e6ca __x64_sys_futex ${kernel}

heti 12
\tffffffff8172e6ca finish_task_switch ${kernel}

heti 12
\t     1 heti::gateway::Fanout::push_entry(heti::core::State const&, heti::core::Event const&) (/opt/heti)

heti 12
\t     1 heti::core::decide (/opt/heti)

heti 12
\t     1 std::_Rb_tree<heti::core::AgentId, int>::_M_erase (/opt/heti)

heti 12
\t     1 _ZNSt8__detail9__variant17visitIvEEON4heti7gateway12_GLOBAL__N_15CasesIJZNS4_6Fanout7look_atERKNS2_4core5Event (/opt/heti)

heti 12
\t     1 boost::beast::websocket::stream<heti::gateway::(anonymous namespace)::MemoryTransport, false>::write_some (/opt/heti)

heti 12
\t     1 heti::protocol::decode (/opt/heti)

heti 12
\t     1 _int_malloc (/usr/lib/x86_64-linux-gnu/libc.so.6)

heti 12
\t     1 __memmove_avx_unaligned_erms (/usr/lib/x86_64-linux-gnu/libc.so.6)

archive 14
\t     1 [unknown] (/usr/lib/x86_64-linux-gnu/libsqlite3.so.0.8.6)

heti 12
\t     1 main (/opt/heti)

heti 12
`;

test('every sample has a thread and a layer, also one without a stack', () => {
  const samples = [...samplesOf(text)];
  assert.deepEqual(samples.map(({ frames }) => layerOf(frames)), [
    'kernel: send', 'kernel: receive', 'kernel: epoll', 'kernel: files and wake-ups by write', 'kernel: threads wait and wake',
    'kernel: interrupts and scheduling', 'fan-out', 'core', 'core', 'fan-out', 'Asio and Beast',
    'codec', 'memory', 'libc and libstdc++', 'SQLite', 'other', 'other',
  ]);
  assert.deepEqual([...new Set(samples.map(({ thread }) => thread))], ['heti', 'journal writer', 'archive']);
});
