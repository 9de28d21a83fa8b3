// A soft sound and a notification when a chat is offered; nothing of it before the person has said yes.

const key = "heti:1:console:alerts";

export class Alerts {
  on = false;
  private audio: AudioContext | null = null;
  private shown: Notification | null = null;

  constructor() {
    try {
      this.on = localStorage.getItem(key) === "on";
    } catch {
      this.on = false;
    }
  }

  // Called from a click: browsers allow sound and notifications only then.
  async set(on: boolean): Promise<void> {
    this.on = on;
    try {
      localStorage.setItem(key, on ? "on" : "off");
    } catch {
      // Not kept, then.
    }
    if (!on) return;
    this.ring();
    if ("Notification" in window && Notification.permission === "default") await Notification.requestPermission();
  }

  offer(title: string, text: string, onClick: () => void): void {
    if (!this.on) return;
    this.ring();
    if (!("Notification" in window) || Notification.permission !== "granted" || document.hasFocus()) return;
    this.shown?.close();
    this.shown = new Notification(title, { body: text, tag: "heti-offer" });
    this.shown.onclick = () => {
      window.focus();
      onClick();
    };
  }

  taken(): void {
    this.shown?.close();
    this.shown = null;
  }

  // Two soft notes, made here: no file to load.
  private ring(): void {
    try {
      this.audio ??= new AudioContext();
      const audio = this.audio;
      void audio.resume();
      [[587.33, 0], [880, 0.16]].forEach(([hertz, at]) => {
        const tone = audio.createOscillator();
        const volume = audio.createGain();
        const from = audio.currentTime + at!;
        tone.type = "sine";
        tone.frequency.value = hertz!;
        volume.gain.setValueAtTime(0, from);
        volume.gain.linearRampToValueAtTime(0.12, from + 0.02);
        volume.gain.exponentialRampToValueAtTime(0.0005, from + 0.5);
        tone.connect(volume).connect(audio.destination);
        tone.start(from);
        tone.stop(from + 0.55);
      });
    } catch {
      // No sound on this machine.
    }
  }
}
