// The typing sign, both ways. Lost signs are fine, late ones are not: a sign is sent at most once in three seconds, and
// shown for six seconds unless it is renewed or the message itself arrives.

export const typingEveryMs = 3_000;
export const typingShownMs = 6_000;

export class TypingOut {
  private readonly last = new Map<string, number>();

  // True: send the sign now.
  due(conversation: string, now: number): boolean {
    const last = this.last.get(conversation);
    if (last !== undefined && now - last < typingEveryMs && now >= last) return false;
    this.last.set(conversation, now);
    return true;
  }

  // The text was sent: the next key begins another one.
  reset(conversation: string): void {
    this.last.delete(conversation);
  }
}

export class TypingIn {
  private readonly shown = new Map<string, { name: string; until: number }>();

  seen(conversation: string, name: string, now: number): void {
    this.shown.set(conversation, { name, until: now + typingShownMs });
  }

  clear(conversation: string): boolean {
    return this.shown.delete(conversation);
  }

  who(conversation: string, now: number): string | null {
    const sign = this.shown.get(conversation);
    return sign && now < sign.until ? sign.name : null;
  }

  // Drops what is over; true if anything was.
  expire(now: number): boolean {
    let any = false;
    for (const [conversation, sign] of this.shown) {
      if (now >= sign.until) any = this.shown.delete(conversation) || any;
    }
    return any;
  }

  get empty(): boolean {
    return this.shown.size === 0;
  }
}
