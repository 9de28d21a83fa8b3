// The console's few HTTP calls. All of them go to the host that served the page, with its session cookie.
import type { Account, ClosedChat, ClosedChats, Transcript, Wall } from "../client/protocol.js";

export type LoginResult =
  | { ok: true; account: Account }
  | { ok: false; why: "wrong_password" | "later" | "unreachable"; retryAfterS: number };

async function post(path: string, body: unknown): Promise<Response> {
  return fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

export async function login(name: string, password: string): Promise<LoginResult> {
  try {
    const answer = await post("/api/login", { name, password });
    if (answer.ok) return { ok: true, account: (await answer.json()) as Account };
    const retryAfterS = Number(answer.headers.get("Retry-After")) || 0;
    if (answer.status === 401 || answer.status === 400) return { ok: false, why: "wrong_password", retryAfterS };
    if (answer.status === 429 || answer.status === 503) return { ok: false, why: "later", retryAfterS };
  } catch {
    // No answer at all.
  }
  return { ok: false, why: "unreachable", retryAfterS: 0 };
}

export async function logout(): Promise<void> {
  await post("/api/logout", {}).catch(() => undefined);
}

// Who is logged in; null: nobody. Rejects when Heti does not answer.
export async function me(): Promise<Account | null> {
  const answer = await fetch("/api/me");
  if (answer.status === 401) return null;
  if (!answer.ok) throw new Error(`GET /api/me: ${answer.status}`);
  return (await answer.json()) as Account;
}

// A ticket for the socket; null: the session is over.
export async function ticket(): Promise<string | null> {
  const answer = await post("/api/ticket", {});
  if (answer.status === 401) return null;
  if (!answer.ok) throw new Error(`POST /api/ticket: ${answer.status}`);
  return ((await answer.json()) as { ticket: string }).ticket;
}

export async function closedChats(): Promise<ClosedChat[]> {
  const answer = await fetch("/api/chats/closed?limit=50");
  if (!answer.ok) throw new Error(`GET /api/chats/closed: ${answer.status}`);
  return ((await answer.json()) as ClosedChats).chats;
}

export async function transcript(id: string): Promise<Transcript> {
  const answer = await fetch(`/api/chats/${encodeURIComponent(id)}`);
  if (!answer.ok) throw new Error(`GET /api/chats/${id}: ${answer.status}`);
  return (await answer.json()) as Transcript;
}

const wallPatienceMs = 8_000;

// The figures of the wall. Rejects when Heti does not answer, or takes too long over it.
export async function fetchWall(): Promise<Wall | "signed_out"> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), wallPatienceMs);
  try {
    const answer = await fetch("/api/wall", { signal: patience.signal, cache: "no-store" });
    if (answer.status === 401) return "signed_out";
    if (!answer.ok) throw new Error(`GET /api/wall: ${answer.status}`);
    return (await answer.json()) as Wall;
  } finally {
    clearTimeout(timer);
  }
}
