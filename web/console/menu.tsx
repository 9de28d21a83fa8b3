// A button with a menu, for mouse and keyboard alike: arrows, Home, End and first letters move, Enter chooses, Escape and
// Tab close. It opens where there is room, below the button or above it. What is in the menu keeps its place while it is open: a choice that is gone can only be crossed out.
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";

export interface Choice {
  key: string;
  name: string;
  note?: string; // beside the name, quieter
  choose: (() => void) | null; // null: not now
}

export interface Group {
  title?: string;
  choices: Choice[];
}

interface Props {
  label: string; // of the button and of the menu
  testid: string;
  class: string; // of the button
  children: ComponentChildren; // of the button
  disabled?: boolean;
  groups: () => Group[]; // read again on each redraw while it is open
}

export function Menu({ label, testid, class: look, children, disabled, groups }: Props) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const kept = useRef<Group[]>([]);
  const id = useId();

  const items = () => [...(box.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
  const focus = (item: HTMLElement | undefined) => item?.focus();
  const close = (back: boolean) => {
    setOpen(false);
    if (back) button.current?.focus();
  };
  useLayoutEffect(() => {
    if (!open) return;
    place(box.current!, button.current!.getBoundingClientRect());
    focus(items().find((item) => item.ariaDisabled !== "true") ?? items()[0]);
    const shut = () => setOpen(false);
    addEventListener("resize", shut);
    return () => removeEventListener("resize", shut);
  }, [open]);

  const key = (event: KeyboardEvent) => {
    const all = items();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to: Record<string, () => void> = {
      ArrowDown: () => focus(all[(at + 1) % all.length]),
      ArrowUp: () => focus(all[(at <= 0 ? all.length : at) - 1]),
      Home: () => focus(all[0]),
      End: () => focus(all.at(-1)),
      Escape: () => close(true),
    };
    const act = to[event.key];
    if (act) {
      event.preventDefault();
      act();
    } else if (event.key === "Tab") {
      close(false);
    } else if (event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const letter = event.key.toLowerCase();
      focus([...all.slice(at + 1), ...all.slice(0, at + 1)].find((item) => item.dataset.name?.toLowerCase().startsWith(letter)));
    }
  };

  const shown = open ? (kept.current = steady(kept.current, groups())) : (kept.current = []);
  return (
    <div class="menu" onFocusOut={(event) => {
      const next = event.relatedTarget as Node | null;
      if (open && next && !event.currentTarget.contains(next)) close(false);
    }}>
      <button type="button" ref={button} class={look} data-testid={testid} aria-label={label} title={label} aria-haspopup="menu"
        aria-expanded={open} aria-controls={open ? `${id}-menu` : undefined} disabled={disabled}
        onClick={() => setOpen(!open)} onKeyDown={(event) => {
          if (open || event.key !== "ArrowDown") return;
          event.preventDefault();
          setOpen(true);
        }}>
        {children}
      </button>
      {open ? <div class="shade" onPointerDown={(event) => { event.preventDefault(); close(true); }} /> : null}
      {open ? (
        <div class="choices" ref={box} id={`${id}-menu`} role="menu" aria-label={label} tabIndex={-1} data-testid={`${testid}-menu`} onKeyDown={key}>
          {shown.map((group, i) => (
            <div key={group.title ?? i} role="group" aria-labelledby={group.title ? `${id}-${i}` : undefined}>
              {group.title ? <p id={`${id}-${i}`} role="presentation">{group.title}</p> : null}
              {group.choices.map(({ key: one, name, note, choose }) => (
                <button key={one} type="button" role="menuitem" tabIndex={-1} data-testid={`${testid}-item`} data-key={one} data-name={name}
                  aria-disabled={choose ? undefined : "true"} onPointerMove={(event) => event.currentTarget.focus({ preventScroll: true })}
                  onClick={() => {
                    if (!choose) return;
                    close(true);
                    choose();
                  }}>
                  <span class="cut">{name}</span>{note ? <span class="note">{note}</span> : null}
                </button>
              ))}
            </div>
          ))}
        </div>
      ) : null}
    </div>
  );
}

const gap = 6;
const heightMax = 440;

// Fixed to the window: the list around the button would cut it off. `element.style` needs no exception from the policy.
function place(menu: HTMLElement, button: DOMRect): void {
  const below = innerHeight - button.bottom - 2 * gap;
  const above = button.top - 2 * gap;
  const up = below < menu.offsetHeight && above > below;
  menu.style.maxHeight = `${Math.min(heightMax, up ? above : below)}px`;
  menu.style.right = `${Math.max(gap, document.documentElement.clientWidth - button.right)}px`;
  menu.style[up ? "bottom" : "top"] = `${(up ? innerHeight - button.top : button.bottom) + gap}px`;
}

// The choices of `before`, in their places, as they are now; nothing is added and nothing moves while somebody aims at it.
function steady(before: Group[], now: Group[]): Group[] {
  if (before.length === 0) return now;
  const present = new Map(now.flatMap((group) => group.choices.map((choice) => [choice.key, choice])));
  return before.map((group) => ({
    ...group, choices: group.choices.map((choice) => present.get(choice.key) ?? { ...choice, choose: null }),
  }));
}
