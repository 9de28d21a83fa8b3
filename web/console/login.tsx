import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { ChatIcon } from "../common/icons.js";

// What a page of the staff has behind its login.
export interface Gate {
  readonly loginNote: string; // why somebody has to log in again
  login(name: string, password: string): Promise<string>; // what went wrong, in words; empty when it went well
}

export function Login({ model, title, purpose }: { model: Gate; title: string; purpose: string }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  const second = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => first.current?.focus(), []);

  const submit = async () => {
    setBusy(true);
    setProblem("");
    const words = await model.login(name.trim(), password);
    setBusy(false);
    if (!words) return;
    setProblem(words);
    setPassword("");
    second.current?.focus();
  };

  return (
    <main class="login">
      <form onSubmit={(event) => { event.preventDefault(); void submit(); }}>
        <span class="mark"><ChatIcon size={30} /></span>
        <h1>{title}</h1>
        <p class="sub">{purpose}</p>
        {model.loginNote && !problem ? <p class="note" role="status">{model.loginNote}</p> : null}
        <label>Name
          <input ref={first} type="text" autocomplete="username" autocapitalize="none" spellcheck={false} required data-testid="login-name"
            value={name} onInput={(event) => setName(event.currentTarget.value)} />
        </label>
        <label>Password
          <input ref={second} type="password" autocomplete="current-password" required maxLength={512} data-testid="login-password"
            aria-invalid={problem ? "true" : undefined} value={password} onInput={(event) => setPassword(event.currentTarget.value)} />
        </label>
        <p class="problem" role="alert" data-testid={problem ? "login-error" : undefined}>{problem}</p>
        <button type="submit" class="primary" data-testid="login-submit" disabled={busy || !name.trim() || !password}>Log in</button>
      </form>
    </main>
  );
}
